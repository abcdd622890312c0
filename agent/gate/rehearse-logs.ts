import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { createFacilityAddresses } from '../../rules/detect/facility-addresses.ts'
import type { Registrations } from '../../rules/detect/registered-facility.ts'
import { compilePolicy } from '../../rules/gate/compile-policy.ts'
import type { GateState } from '../../rules/gate/gate-state.ts'
import { judgeRequest } from '../../rules/gate/judge-request.ts'
import type { GatePolicy } from '../../rules/gate/policy-options.ts'
import { createRateLimits } from '../../rules/gate/rate-limits.ts'
import { type DayPeriod, isWithin } from '../../rules/rehearsal/portal-period.ts'
import { createAttributor } from '../../rules/requests/attributor.ts'
import type { LogDialect } from '../../rules/requests/log-format.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { openLog } from '../replay/open-log.ts'
import { createLogIntake } from '../watch/log-intake.ts'
import { createClientNames } from './client-software.ts'
import { createRehearsalBook, type SavedRehearsal } from './rehearsal-book.ts'

const MAX_ROWS = 200_000
/** Days that logs may span; of a row that has more, the first stand in its sums alone. */
const MAX_DAYS = 400

export interface ColdRehearsal {
  readonly policy: GatePolicy
  /** Judge every line by what holds then; `undefined`: by its own time. */
  readonly heldMs: number | undefined
  readonly registrations: Registrations | undefined
  readonly period: DayPeriod | undefined
  readonly dialect: LogDialect
}

/** What stands in the rehearsal of the requests of one log. */
export interface LogShare {
  readonly file: string
  /** Requests that rules refuse or would refuse. */
  readonly refused: number
  /** Of those, requests whose line does not tell the client software. */
  readonly untold: number
}

export interface RehearsedLogs extends SavedRehearsal {
  readonly judged: number
  readonly logs: readonly LogShare[]
}

/** What a policy would have refused of logs of the past, and how many of their requests were judged. */
export async function rehearseLogs(
  { policy, heldMs, registrations, period, dialect }: ColdRehearsal,
  files: readonly string[],
  stdin: Readable,
): Promise<RehearsedLogs> {
  const key = randomBytes(32)
  const mask = createMasker(key)
  const state = coldState(policy, heldMs, registrations)
  const nameOf = createClientNames()
  const book = createRehearsalBook(MAX_ROWS, 0, undefined, MAX_DAYS)
  let [sinceMs, judged, refused, untold] = [Number.POSITIVE_INFINITY, 0, 0, 0]
  const logs: LogShare[] = []
  const intake = createLogIntake({
    ...dialect,
    key,
    attributor: createAttributor(),
    takeRequest(request, findClient) {
      if (period !== undefined && !isWithin(request.atMs, period)) return
      judged += 1
      sinceMs = Math.min(sinceMs, request.atMs)
      const asked = { ...request, method: '' }
      const { account, facility } = request
      const decision = judgeRequest(asked, state)
      if (decision.reason === undefined && decision.would.length === 0) return
      const userAgent = findClient()
      refused += 1
      if (userAgent === undefined) untold += 1
      const client = userAgent === undefined ? null : nameOf(userAgent)
      const face = { account: account === undefined ? undefined : mask(account), province: facility?.slice(0, 2), client }
      book.take(asked, decision, face)
    },
  })
  for (const file of files) {
    ;[refused, untold] = [0, 0]
    const splitter = intake.createSplitter()
    for await (const chunk of openLog(file, stdin)) splitter.push(chunk)
    splitter.finish()
    logs.push({ file, refused, untold })
  }
  return { ...book.all(), judged, logs, sinceMs: Number.isFinite(sinceMs) ? sinceMs : 0 }
}

/** What can be known of a request of the past: its own line, the policy, and the registrations. */
function coldState(policy: GatePolicy, heldMs: number | undefined, registrations: Registrations | undefined): GateState {
  const places = createFacilityAddresses(registrations)
  return {
    policy: compilePolicy(policy),
    dateMs: (atMs) => heldMs ?? atMs,
    standingOf: () => undefined,
    tokensOf: () => [],
    users: undefined,
    grants: undefined,
    facilities:
      registrations === undefined
        ? undefined
        : { isOwner: (facility, ip) => places.isForeign(facility, ip) === false, provinceOf: () => undefined },
    rates: createRateLimits(MAX_ROWS),
    throttles: createRateLimits(1),
  }
}
