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

/** What a policy would have refused of logs of the past, and how many of their requests were judged. */
export async function rehearseLogs(
  { policy, heldMs, registrations, period, dialect }: ColdRehearsal,
  files: readonly string[],
  stdin: Readable,
): Promise<SavedRehearsal & { readonly judged: number }> {
  const key = randomBytes(32)
  const mask = createMasker(key)
  const state = coldState(policy, heldMs, registrations)
  const book = createRehearsalBook(MAX_ROWS, 0, undefined, MAX_DAYS)
  let [sinceMs, judged] = [Number.POSITIVE_INFINITY, 0]
  const intake = createLogIntake({
    ...dialect,
    key,
    attributor: createAttributor(),
    takeRequest(request) {
      if (period !== undefined && !isWithin(request.atMs, period)) return
      judged += 1
      sinceMs = Math.min(sinceMs, request.atMs)
      const asked = { ...request, method: '' }
      const { account, facility } = request
      const face = { account: account === undefined ? undefined : mask(account), province: facility?.slice(0, 2), client: '' }
      const decision = judgeRequest(asked, state)
      if (decision.reason !== undefined || decision.would.length > 0) book.take(asked, decision, face)
    },
  })
  for (const file of files) {
    const splitter = intake.createSplitter()
    for await (const chunk of openLog(file, stdin)) splitter.push(chunk)
    splitter.finish()
  }
  return { ...book.all(), judged, sinceMs: Number.isFinite(sinceMs) ? sinceMs : 0 }
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
