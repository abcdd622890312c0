import { createDetector } from '../../rules/detect/create-detector.ts'
import type { DetectPolicy } from '../../rules/detect/detect-policy.ts'
import type { Verdict, VerdictAction } from '../../rules/detect/detector.ts'
import type { Registrations } from '../../rules/detect/registered-facility.ts'
import type { ShadowTally } from '../../rules/detect/shadows.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { createAttributor } from '../../rules/requests/attributor.ts'
import type { LogDialect } from '../../rules/requests/log-format.ts'
import type { LinesAhead, LookupLine } from '../../rules/requests/lookup-line.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { createLogIntake, type IntakeCounts } from '../watch/log-intake.ts'

export interface ReplayOptions extends LogDialect {
  readonly policy: DetectPolicy
  readonly registrations: Registrations | undefined
  /** Masks accounts and hides the persons looked up. */
  readonly key: Uint8Array
  /** Hears each request before it is judged. */
  readonly onRequest?: (request: AttributedRequest) => void
}

/** How far a replay is. */
export interface ReplayTotals extends IntakeCounts {
  /** Earliest and latest time of a request, milliseconds since 1970; 0 before the first. */
  readonly fromMs: number
  readonly toMs: number
  readonly accounts: number
  readonly evicted: number
  readonly late: number
  readonly verdicts: Readonly<Record<VerdictAction, number>>
  /** Actions that are still on where the log ends. */
  readonly live: number
  /** What the rules in shadow mode would have done. */
  readonly shadows: readonly ShadowTally[]
  /** Caps that bit at the end of the log, exemptions that had ended by then. */
  readonly findings: readonly string[]
}

/** Detection on cold logs: the same code as `watch`, by log time alone, as fast as the bytes come. */
export interface Replay {
  /** The verdicts that one log brings, as it is read. A log's last line may lack its line feed. */
  read(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Verdict[]>
  totals(): ReplayTotals
}

export function createReplay({ policy, registrations, key, onRequest, ...dialect }: ReplayOptions): Replay {
  const detector = createDetector(policy, {
    maskAccount: createMasker(key),
    ...(registrations === undefined ? {} : { registrations }),
  })
  const verdicts = { watch: 0, throttle: 0, suspend: 0, release: 0 }
  let fresh: Verdict[] = []
  let [fromMs, toMs] = [0, 0]
  const intake = createLogIntake({
    ...dialect,
    key,
    attributor: createAttributor(),
    takeRequest(request) {
      seeTime(request.atMs)
      onRequest?.(request)
      for (const verdict of detector.observe(request)) {
        verdicts[verdict.action]++
        fresh.push(verdict)
      }
    },
    // Whoever wants to hear each request has each made.
    ...(onRequest === undefined
      ? { lookups: { takeLookup, expectLookups: (ahead: LinesAhead, count: number) => detector.expectLookups(ahead, count) } }
      : {}),
  })

  function takeLookup(line: LookupLine): boolean {
    if (!detector.takeLookup(line)) return false
    seeTime(line.atMs)
    return true
  }

  function seeTime(atMs: number): void {
    if (fromMs === 0 || atMs < fromMs) fromMs = atMs
    if (atMs > toMs) toMs = atMs
  }

  function takeFresh(): readonly Verdict[] {
    const taken = fresh
    fresh = []
    return taken
  }

  return {
    async *read(chunks) {
      const splitter = intake.createSplitter()
      for await (const chunk of chunks) {
        splitter.push(chunk)
        if (fresh.length > 0) yield takeFresh()
      }
      splitter.finish()
      if (fresh.length > 0) yield takeFresh()
    },
    totals: () => ({
      ...intake.counts,
      fromMs,
      toMs,
      accounts: detector.size,
      evicted: detector.evicted,
      late: detector.late,
      verdicts: { ...verdicts },
      live: detector.live().length,
      shadows: detector.shadows(),
      findings: detector.findings().map(({ message }) => message),
    }),
  }
}
