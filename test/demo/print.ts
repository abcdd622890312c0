import type { Writable } from 'node:stream'

const WIDTH = 12

/** Writes the demo's plain lines and keeps count of what was expected and what came. */
export interface Teller {
  /** A line of the story: seconds since the start, a word, what happened. */
  tell(word: string, text: string): void
  /** A line of the story that must hold; a wrong one is marked and counted. */
  expect(isRight: boolean, word: string, text: string): void
  /** Text as it is, for the parts that are no story. */
  say(text: string): void
  readonly expected: number
  readonly failed: number
}

export function createTeller(out: Writable, nowMs: () => number): Teller {
  const begunMs = nowMs()
  const counts = { expected: 0, failed: 0 }
  const line = (mark: string, word: string, text: string) => {
    const seconds = ((nowMs() - begunMs) / 1000).toFixed(1).padStart(6)
    out.write(`${seconds} s  ${mark} ${word.padEnd(WIDTH)} ${text}\n`)
  }
  return {
    tell: (word, text) => line(' ', word, text),
    expect(isRight, word, text) {
      counts.expected += 1
      if (!isRight) counts.failed += 1
      line(isRight ? '✓' : '✗', word, text)
    },
    say: (text) => out.write(`${text}\n`),
    get expected() {
      return counts.expected
    },
    get failed() {
      return counts.failed
    },
  }
}

/** 13000 → `13,000`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US')
}

/** Milliseconds as a person reads them: `0.8 ms`, `340 ms`, `2.4 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
