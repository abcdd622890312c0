import { nowUs, type ProbeBatch } from '../support/fast-prober.ts'

/** What holds from one change to the next. */
export interface Expectation {
  /** In words, for a failure. */
  readonly what: string
  /** For each flow: 1 where it passes, 0 where it is refused. */
  readonly passes: Uint8Array
}

/** Holds every answer against what could be in force while it was asked. */
export interface VerdictJudge {
  /** To be called before the kernel is asked to take `next`. From now on the old or the new may be met. */
  begin(next: Expectation): void
  /** To be called when the kernel has taken it. From now on only the new may be met. */
  end(): void
  /** Counts the batch and remembers what is wrong with it. */
  hear(batch: ProbeBatch): void
  readonly counts: VerdictCounts
  /** The first few, in words. */
  readonly wrong: readonly string[]
}

export interface VerdictCounts {
  probes: number
  passed: number
  refused: number
  /** Probes of batches that a change overlapped. */
  duringChange: number
  /** Answers that were wrong; kept apart from `wrong`, which is cut. */
  wrong: number
}

interface Epoch extends Expectation {
  readonly fromUs: number
  /** When the next was in force for certain. */
  untilUs: number
}

const MAX_WRONG = 5

/** `first` is in force already; `nameOf` says in words which flow it is. */
export function createVerdictJudge(
  first: Expectation,
  nameOf: (flow: number) => string,
  now: () => number = nowUs,
): VerdictJudge {
  let epochs: Epoch[] = [{ ...first, fromUs: Number.NEGATIVE_INFINITY, untilUs: Number.POSITIVE_INFINITY }]
  const counts: VerdictCounts = { probes: 0, passed: 0, refused: 0, duringChange: 0, wrong: 0 }
  const wrong: string[] = []
  const complain = (words: string): void => {
    counts.wrong += 1
    if (wrong.length < MAX_WRONG) wrong.push(words)
  }
  return {
    counts,
    wrong,
    begin(next) {
      epochs.push({ ...next, fromUs: now(), untilUs: Number.POSITIVE_INFINITY })
    },
    end() {
      const old = epochs.at(-2)
      if (old !== undefined) old.untilUs = now()
    },
    hear({ fromUs, untilUs, flows, met, strays }) {
      // Batches come in order, so what ended before this one was asked never counts again. The clocks are read in whole microseconds.
      epochs = epochs.filter((epoch) => epoch.untilUs + 1 >= fromUs)
      const possible = epochs.filter((epoch) => epoch.fromUs <= untilUs + 1)
      counts.probes += met.length
      if (possible.length > 1) counts.duringChange += met.length
      if (strays > 0) complain(`${strays} answers to questions that nobody asked`)
      for (const [place, flow] of flows.entries()) {
        const letter = met[place]
        if (letter === 'P') counts.passed += 1
        if (letter === 'R') counts.refused += 1
        const wanted = letter === 'P' ? 1 : letter === 'R' ? 0 : undefined
        if (possible.some(({ passes }) => passes[flow] === wanted)) continue
        const found = letter === 'P' ? 'passed' : letter === 'R' ? 'was refused' : 'got no answer'
        const expected = possible.map(({ what, passes }) => `${passes[flow] === 1 ? 'passes' : 'is refused'} in ${what}`)
        complain(`${nameOf(flow)} ${found}, but ${expected.join(' and ')}`)
      }
    },
  }
}
