import type { GatePolicy } from '../../rules/gate/policy-options.ts'
import type { DayPeriod } from '../../rules/rehearsal/portal-period.ts'
import { type PolicyOutlook, rehearsePolicy } from '../../rules/rehearsal/rehearse-policy.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import { countingEdges } from '../rehearsal/count-view.ts'
import { readCounts } from '../rehearsal/read-counts.ts'
import type { Store } from '../store/store.ts'
import { policyInForce } from './policy-in-force.ts'

export interface DraftQuestion {
  readonly draft: GatePolicy
  /** Instants at which the draft is to be judged. */
  readonly atMs: readonly number[]
  readonly period: DayPeriod
  /** Only facilities that this province manages; all if left out. */
  readonly managing?: string | undefined
  readonly nowMs: number
}

/** What a draft would do at each of the instants, by what edges counted in the period. */
export interface DraftAnswer {
  readonly outlooks: readonly { readonly atMs: number; readonly outlook: PolicyOutlook }[]
  /** Edges that told anything of the period: without any the outlook is empty, and says nothing. */
  readonly edges: number
  /** The policy that it is held against; `null`: the shipped default. */
  readonly version: number | null
  readonly isCut: boolean
}

/** @throws StoreError, PublicationError, GateError */
export async function rehearseDraft(
  { store, repository }: { readonly store: Store; readonly repository: RepositoryFiles },
  { draft, atMs, period, managing, nowMs }: DraftQuestion,
): Promise<DraftAnswer> {
  const { policy: current, version } = await policyInForce(repository)
  const filter = { period, ...(managing === undefined ? {} : { managing }) }
  const { rows, isCut, edges } = await store.read(async (db) => ({
    ...(await readCounts(db, filter, 'judged')),
    edges: await countingEdges(db, { period }),
  }))
  const judged = edges.map((edge) => new Set(edge.judged))
  const outlooks = atMs.map((at) => ({ atMs: at, outlook: rehearsePolicy({ rows, draft, current, atMs: at, nowMs, judged }) }))
  return { outlooks, edges: edges.length, version, isCut }
}

/** Now, and every later instant at which the policy changes by itself, the first ones. */
export function turnsOf(policy: GatePolicy, nowMs: number, most: number): readonly number[] {
  const { contact: _contact, exemptions, ...rules } = policy
  const texts = [
    ...Object.values(rules).flatMap(({ rehearseFrom, enforceFrom }) => [rehearseFrom, enforceFrom]),
    ...policy.retired.functions.map(({ from }) => from),
    ...exemptions.map(({ until }) => until),
  ]
  const later = texts.map((text) => findInstantMs(text) ?? 0).filter((atMs) => atMs > nowMs)
  return [Math.floor(nowMs / 1000) * 1000, ...[...new Set(later)].sort((a, b) => a - b)].slice(0, most)
}
