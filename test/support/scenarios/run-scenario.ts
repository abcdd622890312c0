import type { Detector, Verdict } from '../../../rules/detect/detector.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { mergeByTime } from './request.ts'

/** What a scenario came to. */
export interface ScenarioOutcome {
  /** Accounts under attack that were suspended or throttled, and how many there were. */
  readonly caught: number
  readonly attacked: number
  /** Look-ups of the attack that were answered. Those of a suspended account are refused. */
  readonly leaked: number
  /** From the first look-up of the attack to the first suspension; `undefined` where there was none. */
  readonly msToAction: number | undefined
  /** The same to the first verdict of any kind; 0 where it was said before the attack. */
  readonly msToWord: number | undefined
  /** Of accounts that are not under attack: suspensions, throttlings, and namings. */
  readonly falseSuspensions: readonly Verdict[]
  readonly falseThrottles: readonly Verdict[]
  readonly falseWatches: readonly Verdict[]
  /** Every verdict on an attacked account, in order. */
  readonly verdicts: readonly Verdict[]
  readonly requests: number
}

export interface ScenarioRun {
  /** One for each edge; the requests of an account come to them in turn. They must show accounts as they are. */
  readonly detectors: readonly Detector[]
  readonly honest: Iterable<AttributedRequest>
  readonly attack: Iterable<AttributedRequest>
  /** Accounts that the attack uses. */
  readonly attacked: ReadonlySet<string>
  readonly onProgress?: (requests: number, atMs: number) => void
}

/** Lets honest traffic and an attack reach the detectors as the gate would: what a suspended account asks is refused with 403. */
export function runScenario({ detectors, honest, attack, attacked, onProgress }: ScenarioRun): ScenarioOutcome {
  const suspended = new Set<string>()
  const caught = new Set<string>()
  const verdicts: Verdict[] = []
  const wrong: Record<'suspend' | 'throttle' | 'watch', Verdict[]> = { suspend: [], throttle: [], watch: [] }
  let [leaked, requests, firstMs, actionMs] = [0, 0, undefined as number | undefined, undefined as number | undefined]

  const take = (verdict: Verdict): void => {
    if (verdict.action === 'suspend') suspended.add(verdict.account)
    if (verdict.action === 'release') suspended.delete(verdict.account)
    if (!attacked.has(verdict.account)) {
      if (verdict.action !== 'release') wrong[verdict.action].push(verdict)
      return
    }
    verdicts.push(verdict)
    if (verdict.action !== 'suspend') return
    caught.add(verdict.account)
    actionMs ??= verdict.atMs
  }

  const attackRequests = new WeakSet<AttributedRequest>()
  for (const request of mergeByTime(honest, marked(attack, attackRequests))) {
    const isAttack = attackRequests.has(request)
    const isRefused = request.account !== undefined && suspended.has(request.account)
    if (isAttack) {
      firstMs ??= request.atMs
      if (!isRefused) leaked++
    }
    const detector = detectors[requests % detectors.length] as Detector
    requests++
    for (const verdict of detector.observe(isRefused ? { ...request, status: 403, result: undefined } : request)) take(verdict)
    if (requests % 1_000_000 === 0) onProgress?.(requests, request.atMs)
  }
  return {
    caught: caught.size,
    attacked: attacked.size,
    leaked,
    msToAction: firstMs === undefined || actionMs === undefined ? undefined : actionMs - firstMs,
    falseSuspensions: wrong.suspend,
    falseThrottles: wrong.throttle,
    falseWatches: wrong.watch,
    verdicts,
    msToWord: firstMs === undefined || verdicts[0] === undefined ? undefined : Math.max(0, verdicts[0].atMs - firstMs),
    requests,
  }
}

function* marked(requests: Iterable<AttributedRequest>, into: WeakSet<AttributedRequest>): Generator<AttributedRequest> {
  for (const request of requests) {
    into.add(request)
    yield request
  }
}
