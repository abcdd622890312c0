import { createDriftKeeper, type DriftKeeper, type DriftPatience } from '../../agent/drift/drift-keeper.ts'
import { createIpsetKernelReader } from '../../agent/drift/ipset-kernel-reader.ts'
import { createNetlinkKernelWatch } from '../../agent/drift/netlink-kernel-watch.ts'
import { createNftKernelReader } from '../../agent/drift/nft-kernel-reader.ts'
import { createNftKernelWatch } from '../../agent/drift/nft-kernel-watch.ts'
import { createOwnChanges } from '../../agent/drift/own-changes.ts'
import { createProofKeeper, type ProofGap, type ProofKeeper } from '../../agent/drift/proof-keeper.ts'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import { type IptablesVariant, iptablesFile } from '../../agent/firewall/iptables-variant.ts'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import type { FollowProgram } from '../../agent/process/run-program.ts'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { createStatusBoard } from '../../agent/status/status-board.ts'
import { createEdge, type Edge } from '../../agent/sync/edge.ts'
import { sha256Of } from '../../agent/sync/held-revision.ts'
import { createSystemClock, createSystemTimers } from '../../agent/time/system-time.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../rules/revisions/revision-summary.ts'
import { createFakeLog, type FakeLog } from '../fakes/fake-log.ts'
import { createFakeMemory } from '../fakes/fake-memory.ts'
import { anEntry, revisionBytes } from './allow-lists.ts'
import { blockSetOf } from './filter-programs.ts'
import { followInNamespace, runInNamespace } from './namespace-run.ts'
import { netlinkInNamespace } from './netlink-in-namespace.ts'
import type { TestNamespace } from './netns.ts'
import { until } from './until.ts'

export interface DriftLabOptions {
  readonly approve?: readonly string[]
  /** A signed list, in place of one made from `approve`. */
  readonly list?: Uint8Array
  readonly manage: readonly string[]
  readonly block?: readonly string[]
  readonly patience?: Partial<DriftPatience>
  /** Through ipset and this iptables in place of nft: then nothing is heard. */
  readonly ipset?: IptablesVariant
  /** What listens: a socket if not given, or `nft monitor`. */
  readonly ear?: 'netlink' | 'nft'
  /** Proofs may follow each other at once if not given. */
  readonly gap?: ProofGap
}

/** An edge on a real kernel that guards itself: what the agent has of it, without the way to central. */
export interface DriftLab extends AsyncDisposable {
  readonly edge: Edge
  readonly drift: DriftKeeper
  readonly proof: ProofKeeper
  readonly log: FakeLog
  /** What listens, dies. */
  deafen(): void
  status(): AgentStatus
  /** Waits until the status is as `isSo` says. */
  until(what: string, isSo: (status: AgentStatus) => boolean): Promise<AgentStatus>
  /** Our table as nft prints it, parts in order of their names, without what counts or runs out by itself. */
  table(): Promise<string>
}

/** Loads the list, listens, and has proved it once. */
export async function createDriftLab(
  space: TestNamespace,
  {
    approve = [],
    list,
    manage,
    block = [],
    patience = {},
    ipset,
    ear = 'netlink',
    gap = { leastMs: 100, factor: 0 },
  }: DriftLabOptions,
): Promise<DriftLab> {
  const clock = createSystemClock()
  const timers = createSystemTimers()
  const log = createFakeLog()
  const board = createStatusBoard(
    { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } },
    clock,
  )
  const own = createOwnChanges(runInNamespace(space))
  const plainFollow = followInNamespace(space)
  const ears = new Set<number>()
  const follow: FollowProgram = (file, args, options) =>
    plainFollow(file, args, { ...options, onStart: (pid) => void (args.includes('monitor') && ears.add(pid)) })
  const netlink = netlinkInNamespace(space)
  const untilMs = clock.nowMs() + 3_600_000
  const firewall =
    ipset === undefined
      ? createNftFirewall({ run: own.run, netlink, mark: own.mark })
      : createIpsetFirewall({ run: own.run, variant: ipset })
  const watch =
    ear === 'nft' ? createNftKernelWatch({ follow, own, timers }) : createNetlinkKernelWatch({ open: netlink, own, timers })
  const edge = createEdge({
    firewall,
    memory: createFakeMemory(),
    boot: { keep: () => undefined, keepBeforeFirstList: () => undefined, idle: async () => undefined },
    board,
    log,
    clock,
    shape: {
      refuse: 'reset',
      hooks: ['input'],
      guarded: { tcp: [80], udp: [] },
      interfaces: [],
      management: blockSetOf(manage),
    },
    hold: 'signed',
    isSwitchOnTrial: false,
    beforeFirstList: 'open',
    blocks: () => block.map((text) => ({ block: parseBlock(text), untilMs, account: '01***', rule: 'absolute' })),
    assertSafe: async () => undefined,
    openings: { timed: () => [], key: () => '', hasLeftovers: false, shown: () => undefined },
  })
  const proof = createProofKeeper({
    edge,
    reader: ipset === undefined ? createNftKernelReader(follow) : createIpsetKernelReader(own.run),
    board,
    log,
    clock,
    timers,
    everyMs: 3_600_000,
    gap,
    onDiffers: () => drift.found('unseen-elements', undefined, 'elements'),
    onUnreadable: () => void drift.look(),
  })
  const drift = createDriftKeeper({
    edge,
    board,
    log,
    clock,
    timers,
    // Deaf for about a second, so that a test can do something meanwhile.
    random: () => 0.99,
    watch: ipset === undefined ? watch : undefined,
    compare: firewall.look && (async () => (await firewall.look?.()) ?? 'unknown'),
    lookEveryMs: 200,
    patience,
    wantProof: () => proof.want(),
  })
  const stopping = new AbortController()
  const lab: Omit<DriftLab, typeof Symbol.asyncDispose> = {
    edge,
    drift,
    proof,
    log,
    deafen() {
      netlink.deafen()
      for (const pid of ears) process.kill(pid, 'SIGKILL')
      ears.clear()
    },
    status: () => board.read(),
    until: (what, isSo) =>
      until(what, () => (isSo(board.read()) ? board.read() : undefined), { everyMs: 10 }).catch((error: unknown) => {
        throw new Error(`${what}: ${JSON.stringify({ ...board.read(), at: '' })} ${JSON.stringify(log.lines.slice(-10))}`, {
          cause: error,
        })
      }),
    async table() {
      if (ipset !== undefined) return await ipsetTable(space, ipset)
      const { stdout } = await space.mustRun('nft', ['-s', 'list', 'table', 'inet', 'edgeward'])
      return withoutTime(stdout)
    },
  }
  const bytes = list ?? revisionBytes({ entries: approve.map((text) => anEntry(text)) })
  const document = parseAllowDocument(bytes)
  await edge.enforce({ document, bytes, summary: summaryOf(document), sha256: sha256Of(bytes) })
  const running = drift.run(stopping.signal)
  if (ipset === undefined) await lab.until('it listens', ({ drift: { listening } }) => listening === 'on')
  await lab.until('it has proved', (status) => status.proof !== null)
  return {
    ...lab,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      proof[Symbol.dispose]()
      await Promise.all([running, proof.idle()])
    },
  }
}

function withoutTime(text: string): string {
  const parts = text
    .replace(/\}\s*$/, '')
    .replaceAll(/(timeout) \S+?( expires \S+?)?(?=,|\n| )/g, '$1')
    .split(/\n\t(?=set|chain)/)
    .map((part) =>
      (part.startsWith('set seen') ? part.replace(/elements = \{[^}]*\}\s*/, '') : part).replaceAll(/\s+\}/g, '}').trim(),
    )
  return parts.sort().join('\n')
}

/** Sets and rules in order, whichever generation they are of. */
async function ipsetTable(space: TestNamespace, variant: IptablesVariant): Promise<string> {
  const saved = await Promise.all([
    space.mustRun('ipset', ['save']),
    ...([4, 6] as const).map((family) => space.mustRun(iptablesFile(variant, family, 'save'), ['-t', 'filter'])),
  ])
  return saved
    .map(({ stdout }) => {
      const lines = stdout.split('\n').filter((line) => /EDGEWARD|edgeward-(?!seen)/.test(line))
      const same = lines.map((line) =>
        line.replaceAll(/-[ab]\b/g, '').replaceAll(/ initval \S+| timeout \d+| \[.*|edgeward-at-\S+/g, ''),
      )
      return (stdout.startsWith('create') ? same.sort() : same).join('\n')
    })
    .join('\n\n')
}
