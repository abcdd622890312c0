import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { hasAddress } from '../../rules/addresses/block-set-lookup.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import type { AllowDocument } from '../../rules/revisions/allow-document.ts'

/** What the config says about flags. */
export interface VerdictPolicy {
  readonly action: 'alert' | 'block-source'
  readonly blockForS: number
  readonly facilityAddresses: 'never' | 'foreign' | 'always'
  readonly maxBlocks: number
  /** Of these, approved addresses. */
  readonly maxFacilityBlocks: number
}

/** What else is known when flags are judged. */
export interface VerdictScene {
  readonly policy: VerdictPolicy
  /** Never blocked, whoever uses them. */
  readonly management: BlockSet
  /** Never blocked either: the control API, and those who must always pass. */
  readonly protected?: BlockSet
  /** The list in force; without it nobody can tell whose an address is. */
  readonly document: AllowDocument | undefined
  readonly nowMs: number
}

/** A source to refuse, and why. */
export interface SourceBlock {
  readonly block: Block
  readonly untilMs: number
  readonly account: string
  readonly rule: string
}

/** Why a flagged source is not blocked. */
export type Spared =
  | 'alert-only'
  | 'lapsed'
  | 'not-an-address'
  | 'management'
  | 'protected'
  | 'no-list'
  | 'approved-address'
  | 'own-facility'
  | 'limit'
  | 'facility-limit'

/** What follows from one flag, source by source. */
export interface FlagDecision {
  readonly flag: Flag
  readonly blocked: readonly SourceBlock[]
  readonly spared: readonly { readonly source: string; readonly why: Spared }[]
}

/**
 * What follows from the live flags, oldest first. Honest facilities share addresses with nobody's consent, so the default spares the account's own
 * facility: its account is the harvester's victim as often as not, and a wrong lock-out keeps patients waiting.
 */
export function decideBlocks(flags: readonly Flag[], scene: VerdictScene): FlagDecision[] {
  const taken = new Map<Block, SourceBlock>()
  let approvedTaken = 0
  const take = (judged: SourceBlock): Spared | undefined => {
    const before = taken.get(judged.block)
    if (before === undefined) {
      if (taken.size >= scene.policy.maxBlocks) return 'limit'
      const isApproved = scene.document !== undefined && scene.document.ownersOf(judged.block).length > 0
      if (isApproved && approvedTaken >= scene.policy.maxFacilityBlocks) return 'facility-limit'
      if (isApproved) approvedTaken += 1
    }
    if (before === undefined || before.untilMs < judged.untilMs) taken.set(judged.block, judged)
    return undefined
  }
  return flags.map((flag) => {
    const blocked: SourceBlock[] = []
    const spared: { source: string; why: Spared }[] = []
    for (const source of flag.sources) {
      const judged = judgeSource(flag, source, scene)
      const why = typeof judged === 'string' ? judged : take(judged)
      if (why !== undefined) spared.push({ source, why })
      else if (typeof judged !== 'string') blocked.push(judged)
    }
    return { flag, blocked, spared }
  })
}

/** All blocks of the decisions, each source once with its latest end. */
export function blocksOfDecisions(decisions: readonly FlagDecision[]): SourceBlock[] {
  const latest = new Map<Block, SourceBlock>()
  for (const block of decisions.flatMap(({ blocked }) => blocked)) {
    const before = latest.get(block.block)
    if (before === undefined || before.untilMs < block.untilMs) latest.set(block.block, block)
  }
  return [...latest.values()]
}

function judgeSource(flag: Flag, source: string, scene: VerdictScene): SourceBlock | Spared {
  const { policy, management, document, nowMs } = scene
  if (policy.action === 'alert' || flag.action === 'watch' || flag.action === 'release') return 'alert-only'
  const block = findHost(source)
  if (block === undefined) return 'not-an-address'
  if (hasAddress(management, block)) return 'management'
  if (scene.protected !== undefined && hasAddress(scene.protected, block)) return 'protected'
  // Log time counts from the flag, but never from a future that a wrong clock wrote.
  const startMs = Math.min(Date.parse(flag.at), nowMs)
  const untilMs = Math.min(
    startMs + policy.blockForS * 1000,
    flag.until === null ? Number.POSITIVE_INFINITY : Date.parse(flag.until),
  )
  if (untilMs <= nowMs) return 'lapsed'
  const why = policy.facilityAddresses === 'always' ? undefined : findOwnership(flag, block, policy.facilityAddresses, document)
  return why ?? { block, untilMs, account: flag.account, rule: flag.rule }
}

/** Why the list spares the source; `undefined` where it does not. */
function findOwnership(
  flag: Flag,
  block: Block,
  rule: 'never' | 'foreign',
  document: AllowDocument | undefined,
): Spared | undefined {
  if (document === undefined) return 'no-list'
  const owners = document.ownersOf(block)
  if (owners.length === 0) return undefined
  if (rule === 'never') return 'approved-address'
  // Without the account's facility nobody can say that the address is another's.
  return flag.facility === null || owners.some(({ facility }) => facility === flag.facility) ? 'own-facility' : undefined
}

/** The canonical host of a flag's source; prefixes and other texts are no sources. */
function findHost(source: string): Block | undefined {
  try {
    const block = parseBlock(source)
    return block.includes('/') ? undefined : block
  } catch (error) {
    if (error instanceof AddressError) return undefined
    throw error
  }
}
