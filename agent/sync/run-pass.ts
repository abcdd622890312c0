import type { RevisionLimits } from '../../rules/revisions/judge-revision.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import type { Probation } from '../probation/probation.ts'
import { type Fault, faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Pulled, RevisionSource } from '../trust/revision-source.ts'
import type { Edge } from './edge.ts'
import type { HeldRevision } from './held-revision.ts'
import { verifyRevision } from './verify-revision.ts'

export interface PassParts {
  readonly source: RevisionSource
  readonly edge: Edge
  readonly probation: Probation
  readonly board: StatusBoard
  readonly log: Log
  readonly limits: RevisionLimits
}

/** The steps of a pass in their order; a report follows every pass, however it ends. */
export type PassStep = 'pull' | 'verify' | 'enforce'

/** How a pass ended. */
export type PassOutcome =
  | { readonly kind: 'applied'; readonly revision: number }
  | { readonly kind: 'unchanged'; readonly revision: number }
  | { readonly kind: 'nothing-published' }
  | {
      readonly kind: 'failed'
      readonly step: PassStep
      readonly fault: Fault
      /** The control API did not answer, so trying again soon is worth it. */
      readonly isAway: boolean
      readonly retryAfterMs: number
    }

/**
 * One pass: pull → verify → plan → guard → check → apply → try → remember. A pass that fails changes nothing (invariant 1): not the rules, not the memory, and
 * not what the next pass will ask for. Remembered is only what the kernel took. Never throws.
 */
export async function runPass(parts: PassParts, signal: AbortSignal): Promise<PassOutcome> {
  const { probation, board } = parts
  let step: PassStep = 'pull'
  try {
    const pulled = await pull(parts, signal)
    step = 'verify'
    const revision = verify(parts, pulled)
    if (revision === undefined) return nothingPublished(parts)
    step = 'enforce'
    const kind = await probation.enforce(revision, signal)
    board.fault('pass', undefined)
    return { kind, revision: revision.summary.revision }
  } catch (error) {
    return await failed(parts, step, error)
  }
}

async function pull({ source, edge, board }: PassParts, signal: AbortSignal): Promise<Pulled> {
  board.stamp('triedAt')
  const { held } = edge
  const pulled = await source.pull(held && { revision: held.summary.revision, sha256: held.sha256 }, signal)
  board.stamp('answeredAt')
  return pulled
}

/** `undefined` where there is nothing to enforce yet. */
function verify({ edge, probation, board, log, limits }: PassParts, pulled: Pulled): HeldRevision | undefined {
  if (pulled.kind === 'none') return undefined
  if (pulled.kind === 'held') {
    board.stamp('verifiedAt')
    return edge.held
  }
  probation.assertNotHeldBack(pulled.revision)
  const verified = verifyRevision(pulled.revision, pulled.bytes, edge.trusted, limits)
  board.stamp('verifiedAt')
  const { confirmation } = verified
  if (confirmation !== undefined)
    log.warn({ revision: pulled.revision, ...confirmation }, 'revision passes the limits of loss by a confirmation of two people')
  return verified
}

function nothingPublished({ board, log }: PassParts): PassOutcome {
  board.fault('pass', undefined)
  log.info({}, 'no revision was published yet')
  return { kind: 'nothing-published' }
}

async function failed({ edge, board, log }: PassParts, step: PassStep, error: unknown): Promise<PassOutcome> {
  const fault = faultOf(error)
  board.fault('pass', fault)
  log.warn({ step, ...fault }, 'pass failed; what was in force stays')
  const link = error instanceof ControlLinkError ? error : undefined
  // Others may have taken our rules away meanwhile; that is put right without the control API.
  if (step !== 'enforce' && edge.held !== undefined) await repair(edge, edge.held, board, log)
  return { kind: 'failed', step, fault, isAway: link?.code === 'CONTROL_UNREACHABLE', retryAfterMs: link?.retryAfterMs ?? 0 }
}

async function repair(edge: Edge, held: HeldRevision, board: StatusBoard, log: Log): Promise<void> {
  try {
    const done = await edge.enforce(held)
    board.fault('start', undefined)
    if (done === 'applied') log.warn({ revision: held.summary.revision }, 'rules were not there and were put back')
  } catch (error) {
    const fault = faultOf(error)
    board.fault('start', fault)
    log.error(fault, 'rules could not be put back')
  }
}
