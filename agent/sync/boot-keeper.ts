import { compileIpset } from '../../rules/firewall/compile-ipset.ts'
import { compileNft } from '../../rules/firewall/compile-nft.ts'
import { FAMILIES } from '../../rules/firewall/ipset-layout.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { type IptablesVariant, iptablesFile } from '../firewall/iptables-variant.ts'
import type { Log } from '../log/log.ts'
import type { BootFile, BootPart, BootProgramFiles } from '../memory/boot-program.ts'
import { createQueue } from '../process/create-queue.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'

/** Sees to it that the next boot begins with what is in force now. A disk that fails is a fault of area `boot` on the board, and is tried again. */
export interface BootKeeper {
  /** Has `program` loaded at the next boot, without its timed blocks. Of several asked for while one is being written, the last counts. */
  keep(program: FilterProgram): void
  /** Has `program` loaded at a boot that finds no list it can use; without one, nothing is loaded then. */
  keepBeforeFirstList(program: FilterProgram | undefined): void
  /** Ends once nothing is left to write. Never throws. */
  idle(): Promise<void>
}

/** What the loader of this host loads with: nft, or ipset and that iptables. */
export type BootBackend = 'nft' | { readonly iptables: IptablesVariant }

/**
 * What a boot is to load: what is in force; nothing, because a dry run is wanted; or what it would load anyway, because nobody knows better than the last one who
 * could use the kernel.
 */
export type AtBoot = 'program' | 'nothing' | 'as-before'

export interface BootKeeperParts {
  readonly atBoot: AtBoot
  /** nft if not given. */
  readonly backend?: BootBackend
  readonly files: BootProgramFiles
  readonly board: StatusBoard
  readonly log: Log
}

/** A part's program: `key` is the same where the text would be. */
interface Wanted {
  readonly key: string
  readonly files: () => readonly BootFile[]
}

export function createBootKeeper({ atBoot, backend = 'nft', files, board, log }: BootKeeperParts): BootKeeper {
  const wanted = new Map<BootPart, Wanted>()
  /** What could not be written, for the next time that anything is asked for. */
  const undone = new Map<BootPart, Wanted>()
  const kept = new Map<BootPart, string>()
  const queue = createQueue()

  /** Writes what is wanted of the part now, which may be newer than when it was asked for. */
  const write = async (part: BootPart): Promise<void> => {
    const program = wanted.get(part)
    wanted.delete(part)
    if (program === undefined || kept.get(part) === program.key) return
    try {
      await files.keep(part, program.files())
      kept.set(part, program.key)
      undone.delete(part)
      if (undone.size === 0) board.fault('boot', undefined)
      log.debug({ part }, 'boot program was kept')
    } catch (error) {
      undone.set(part, program)
      const fault = faultOf(error)
      board.fault('boot', fault)
      log.error({ part, ...fault }, 'boot program could not be kept')
    }
  }

  const want = (part: BootPart, program: Wanted): void => {
    if (atBoot === 'as-before') return
    for (const [late, before] of undone) if (!wanted.has(late)) wanted.set(late, before)
    wanted.set(part, atBoot === 'nothing' ? NOTHING : program)
    for (const asked of wanted.keys()) void queue(() => write(asked))
  }

  return {
    keep(program) {
      want('last-good', wantedOf(program, backend))
    },
    keepBeforeFirstList(program) {
      want('before-first-list', program === undefined ? openOf(backend) : wantedOf(program, backend))
    },
    idle: () => queue(async () => undefined),
  }
}

/** A boot that loads nothing: `firewall.beforeFirstList` is `open`. */
export function openBootFiles(backend: BootBackend): readonly BootFile[] {
  const text = '# firewall.beforeFirstList is open: no rules before the first list\n'
  return [{ tool: backend === 'nft' ? 'nft' : 'ipset', chunks: [text] }]
}

/** A boot that loads `program`. The sets first, which judge nothing until rules name them; then the rules of each family in one transaction. */
export function bootFilesOf(program: FilterProgram, backend: BootBackend): readonly BootFile[] {
  if (backend === 'nft') return [{ tool: 'nft', chunks: compileNft(program) }]
  const { sets, rules } = compileIpset(program)
  return [
    { tool: 'ipset', chunks: sets },
    ...FAMILIES.map((family) => ({ tool: iptablesFile(backend.iptables, family, 'restore'), chunks: [rules[family]] })),
  ]
}

const NOTHING: Wanted = {
  key: 'nothing',
  files: () => [{ tool: 'nft', chunks: ['# firewall.backend is dry-run: nothing is loaded at boot\n'] }],
}

function openOf(backend: BootBackend): Wanted {
  return { key: 'open', files: () => openBootFiles(backend) }
}

/** Timed blocks are measured from the loading on, so at a boot they would be too long. What the key leaves out is the config's, the same as long as this process lives. */
function wantedOf(program: FilterProgram, backend: BootBackend): Wanted {
  const { revision, digest, mode } = program
  return { key: `${revision} ${digest} ${mode}`, files: () => bootFilesOf({ ...program, blocked: [] }, backend) }
}
