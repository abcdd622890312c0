import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findMemoryCgroup } from './memory-cgroup.ts'
import { bindMount } from './small-disk.ts'
import type { StandIns } from './stand-ins.ts'

/** Less than nft takes for a list of some thousand. */
const MEMORY_BYTES = 1_000_000

/** A way in which a tool does not do what it should. */
export interface ToolFault {
  readonly figure: string
  readonly words: string
  /** Codes that name it in the status; none where it does no harm. */
  readonly codes: readonly string[]
  begin(standIns: StandIns): Promise<void>
  end(standIns: StandIns): Promise<void>
}

/** What a stand-in joins to be killed by the kernel. */
export interface MemoryGroup extends AsyncDisposable {
  /** As an agent in a namespace sees it; `undefined` where no such group can be made here. */
  readonly procs: string | undefined
  kills(): Promise<number>
}

/** The kernel's own killing for want of memory, to be seen below `folder`: `ip netns exec` hides /sys. */
export async function createMemoryGroup(folder: string): Promise<MemoryGroup> {
  await using parts = new AsyncDisposableStack()
  const found = await findMemoryCgroup('ew-torture', MEMORY_BYTES)
  if (found === undefined) return { procs: undefined, kills: async () => 0, [Symbol.asyncDispose]: async () => undefined }
  const group = parts.use(found)
  parts.use(await bindMount(dirname(group.procs), folder))
  const all = parts.move()
  return { procs: join(folder, 'cgroup.procs'), kills: () => group.kills(), [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Which calls of a tool go wrong, as a pattern of sh(1) over all arguments. */
const CALLS = {
  nft: { every: '*', reads: '*list\\ ruleset*', checks: '*--check*', changes: '-f\\ -' },
  ipset: { every: '*', reads: 'list*', changes: 'restore*' },
  'iptables-restore': { every: '*', checks: '*--test*', changes: '--noflush\\ -w\\ 30' },
  'ip6tables-restore': { every: '*', checks: '*--test*', changes: '--noflush\\ -w\\ 30' },
} as const
type Tool = keyof typeof CALLS

/** All that can go wrong with the tools of a backend. `once` is a path of the run's own. */
export function toolFaults(
  backend: 'nft' | 'ipset',
  { procs }: { readonly procs: string | undefined },
  once: string,
): readonly ToolFault[] {
  const tools: readonly Tool[] = backend === 'nft' ? ['nft'] : ['ipset', 'iptables-restore', 'ip6tables-restore']
  const faults: ToolFault[] = []
  for (const tool of tools) {
    const calls: Readonly<Record<string, string>> = CALLS[tool]
    const add = (figure: string, when: string, what: string, codes: readonly string[]): void => {
      const pattern = calls[when]
      if (pattern === undefined) return
      faults.push({
        figure,
        words: `${tool}: ${figure}, ${when}: ${what}`,
        codes,
        begin: (standIns) => standIns.replace(tool, `case "$*" in ${pattern}) ${what};; esac\nexec "$REAL" "$@"`),
        async end(standIns) {
          await standIns.restore(tool)
          await rm(once, { recursive: true, force: true })
        },
      })
    }
    faults.push({
      figure: 'tool missing',
      words: `${tool} is missing`,
      codes: ['NO_TOOL'],
      begin: (standIns) => standIns.remove(tool),
      end: (standIns) => standIns.restore(tool),
    })
    add('tool slow', 'changes', 'sleep 5', [])
    for (const when of ['reads', 'checks', 'changes'])
      add('tool fails once', when, `mkdir ${once} 2>/dev/null && { echo "Error: Cannot allocate memory" >&2; exit 1; }`, [])
    for (const [words, code] of COMPLAINTS)
      for (const when of ['reads', 'checks', 'changes']) add('tool fails', when, `echo "Error: ${words}" >&2; exit 1`, [code])
    // A whole program comes in steps: the first is taken, and then no other.
    const firstOnly = `mkdir ${once} 2>/dev/null && exec "$REAL" "$@"`
    add('tool fails later', 'changes', `${firstOnly}; echo "Error: Cannot allocate memory" >&2; exit 1`, ['OUT_OF_MEMORY'])
    add('tool fails later', 'changes', `${firstOnly}; kill -9 $$`, ['NOT_FINISHED'])
    add('tool killed', 'checks', 'kill -9 $$', ['NOT_FINISHED'])
    add('tool killed', 'changes', 'kill -9 $$', ['NOT_FINISHED'])
    add('tool killed', 'changes', '"$REAL" "$@"; kill -9 $$', ['NOT_FINISHED'])
    const oom = procs === undefined ? 'kill -9 $$' : `echo $$ > ${procs}`
    // iptables-restore gets only the rules, which fit.
    if (tool === 'nft' || tool === 'ipset')
      for (const _ of [1, 2]) add('tool killed for memory', 'changes', oom, ['NOT_FINISHED'])
    if (tool === 'nft') {
      add('tool hangs', 'changes', 'exec sleep 100000', ['NOT_FINISHED'])
      add('tool talks nonsense', 'reads', `echo '{"nftables": [nonsense'; exit 0`, ['UNREADABLE'])
    }
    add('tool talks nonsense', 'changes', 'echo done; exit 0', ['NOT_IN_FORCE'])
    add('tool talks without end', 'changes', 'exec yes "Error: no end" >&2', ['UNREADABLE'])
    add('tool talks without end', 'checks', 'exec yes "Error: no end" >&2', ['UNREADABLE'])
  }
  return faults
}

/** What the kernel may answer, and the code for it. */
const COMPLAINTS = [
  ['Operation not permitted', 'NOT_PERMITTED'],
  ['Cannot allocate memory', 'OUT_OF_MEMORY'],
] as const
