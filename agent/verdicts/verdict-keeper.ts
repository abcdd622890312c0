import type { BlockSet } from '../../rules/addresses/block-set.ts'
import type { TimedBlock } from '../../rules/firewall/program.ts'
import type { AgentReport } from '../../rules/reports/agent-report.ts'
import type { Flag, FlagLine } from '../../rules/reports/flag.ts'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { Log } from '../log/log.ts'
import { blocksOfDecisions, decideBlocks, type FlagDecision, type SourceBlock, type VerdictPolicy } from './decide-blocks.ts'
import { createLiveFlags } from './live-flags.ts'

/** Flags shown in status and reports: as many as a report takes. */
const MAX_RECENT = 200

/** Flags a minute that the log tells of one by one. */
const MAX_TOLD = 100

export type ReportedFlag = AgentReport['flags'][number]

/** The agent's side of flags: what `watch` says goes in, what the kernel should refuse for a while comes out. */
export interface VerdictKeeper {
  /** A connection to `watch` begins. */
  connected(): void
  /**
   * Takes a line of the stream; true where the blocks may have changed and nobody was told since `blocks` was asked last: a flood of flags
   * must not queue a flood of work before the next revision.
   */
  take(line: FlagLine): boolean
  /** Takes what the verdicts over all edges come to here, in the place of what they came to before. */
  takeFleet(flags: readonly Flag[]): void
  /** Sources to refuse, by the list in force. */
  blocks(document: AllowDocument | undefined): readonly SourceBlock[]
  /** The last flags with what was done about them, newest first. */
  recent(): readonly ReportedFlag[]
}

export interface VerdictKeeperParts {
  readonly policy: VerdictPolicy
  readonly management: BlockSet
  /** Never blocked either, as of now. */
  readonly protectedSources?: () => BlockSet
  readonly clock: Clock
  readonly log: Log
}

export function createVerdictKeeper({ policy, management, protectedSources, clock, log }: VerdictKeeperParts): VerdictKeeper {
  const flags = createLiveFlags()
  const recent = new Map<string, Flag>()
  let decisions: ReadonlyMap<Flag, FlagDecision> = new Map()
  let isInSnapshot = false
  let fleet: readonly Flag[] = []
  let isTold = false
  let told = { minute: 0, count: 0 }

  const tellOnce = (): boolean => {
    const isNews = !isTold
    isTold = true
    return isNews
  }

  /** A `watch` gone wild, or in wrong hands, must not fill the disk with what it says. */
  const tell = (flag: Flag): void => {
    const minute = Math.floor(clock.nowMs() / 60_000)
    if (minute !== told.minute) {
      if (told.count > MAX_TOLD) log.warn({ untold: told.count - MAX_TOLD }, 'more accounts were flagged than are told of')
      told = { minute, count: 0 }
    }
    told.count += 1
    if (told.count <= MAX_TOLD) log.warn(factsOf(flag), 'account was flagged')
  }

  const note = (flag: Flag): void => {
    const key = JSON.stringify([flag.at, flag.account, flag.rule, flag.action])
    if (!recent.has(key)) tell(flag)
    recent.delete(key)
    recent.set(key, flag)
    const oldest = recent.size > MAX_RECENT ? recent.keys().next().value : undefined
    if (oldest !== undefined) recent.delete(oldest)
  }

  return {
    connected() {
      isInSnapshot = true
      flags.beginSnapshot()
    },
    take(line) {
      if (line.kind === 'alive') return false
      if (line.kind === 'snapshot-end') {
        isInSnapshot = false
        flags.endSnapshot()
        return tellOnce()
      }
      flags.take(line)
      note(line)
      return !isInSnapshot && tellOnce()
    },
    takeFleet(next) {
      for (const flag of next) note(flag)
      fleet = next
    },
    blocks(document) {
      isTold = false
      const nowMs = clock.nowMs()
      // Its own flags first: where there is no room for all, what this edge saw itself goes before.
      const live = [...flags.live(nowMs), ...fleet.filter(({ until }) => until === null || Date.parse(until) > nowMs)]
      const shield = protectedSources === undefined ? {} : { protected: protectedSources() }
      const decided = decideBlocks(live, { policy, management, ...shield, document, nowMs })
      for (const decision of decided) logDecision(log, decision, decisions.get(decision.flag))
      decisions = new Map(decided.map((decision) => [decision.flag, decision]))
      return blocksOfDecisions(decided)
    },
    recent: () => [...recent.values()].reverse().map((flag) => reportOf(flag, decisions.get(flag))),
  }
}

/** What the kernel gets; blocks that end now are left out. */
export function timedBlocksOf(blocks: readonly SourceBlock[], nowMs: number): TimedBlock[] {
  return blocks
    .filter(({ untilMs }) => untilMs > nowMs)
    .map(({ block, untilMs }) => ({ block, remainingMs: Math.max(1, Math.ceil(untilMs - nowMs)) }))
}

/** Says once what was decided, and again only when it changes. */
function logDecision(log: Log, decision: FlagDecision, before: FlagDecision | undefined): void {
  const shape = ({ blocked, spared }: FlagDecision): string => JSON.stringify([blocked.map(({ block }) => block), spared])
  if (before !== undefined && shape(before) === shape(decision)) return
  const { flag, blocked, spared } = decision
  if (blocked.length > 0) {
    const untilMs = Math.max(...blocked.map((block) => block.untilMs))
    log.warn(
      {
        account: flag.account,
        rule: flag.rule,
        sources: blocked.map(({ block }) => block),
        until: new Date(untilMs).toISOString(),
      },
      'sources of a flagged account were chosen to be blocked',
    )
  }
  if (spared.length > 0) log.info({ account: flag.account, rule: flag.rule, spared }, 'sources of a flagged account were spared')
}

function reportOf(flag: Flag, decision: FlagDecision | undefined): ReportedFlag {
  const { at, account, rule, action, requests, sources } = flag
  const taken = (decision?.blocked.length ?? 0) > 0 ? 'blocked-source' : 'none'
  return { at, account, rule, action, requests, sources, taken }
}

function factsOf(flag: Flag): object {
  const { account, facility, rule, action, requests, subjects, sources, evidence } = flag
  return { account, facility, rule, action, requests, subjects, sources, evidence: evidence.en }
}
