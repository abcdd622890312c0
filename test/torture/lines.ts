import { isDeepStrictEqual } from 'node:util'
import { type HostileLine, type Known, makeHostileLog } from '../support/hostile-log.ts'
import { type LineAnswer, readGenerally, readInPieces } from '../support/judge-lines.ts'
import { createSeeded } from '../support/seeded.ts'
import type { Torture } from './torture.ts'

const COUNT = 500
const FORMATS = ['nginx-json', 'combined', 'haproxy'] as const

/** Hostile logs in every format. */
export const LINES: Torture = {
  what: 'Logs of hostile clients, cut and broken in every way, are read: nobody forges an account, a time, an address or a line, and the quick way says what the general way says.',
  rounds: 2_000,
  goals: { lines: 2_500_000, known: 1_500_000 },
  findObstacle: () => Promise.resolve(undefined),
  begin: () =>
    Promise.resolve({ run: (seed) => Promise.resolve(runRound(seed)), [Symbol.asyncDispose]: () => Promise.resolve() }),
}

/** @throws Error for the first line that is read wrongly */
export function runRound(seed: number): { readonly lines: number; readonly known: number } {
  const seeded = createSeeded(seed)
  const counts = { lines: 0, known: 0 }
  for (const format of FORMATS) {
    const log = makeHostileLog(format, COUNT, seeded)
    const lines = log.map(({ bytes }) => bytes)
    const answers = readInPieces(format, lines, seeded)
    const expected = format === 'nginx-json' ? readGenerally(lines) : answers
    if (answers.length !== log.length) throw new Error(`${format}: ${answers.length} lines were read of ${log.length}`)
    for (const [number, line] of log.entries()) {
      const answer = answers[number] ?? 'EMPTY_LINE'
      if (!isDeepStrictEqual(answer, expected[number])) throw wrong(format, line, answer, expected[number])
      if (line.known !== undefined && !isKnown(answer, line.known, format)) throw wrong(format, line, answer, line.known)
      if (line.known !== undefined) counts.known += 1
    }
    counts.lines += log.length
  }
  return counts
}

function isKnown(answer: LineAnswer, known: Known, format: string): boolean {
  if (typeof answer === 'string') return false
  const { ip, atMs, status, account, port } = answer
  const isSame = ip === known.ip && atMs === known.atMs && status === known.status && account === known.account
  return isSame && (format === 'combined' || port === known.port)
}

function wrong(format: string, { bytes }: HostileLine, answer: LineAnswer, expected: unknown): Error {
  return new Error(
    `${format}: ${JSON.stringify(bytes.toString('latin1'))} gave ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`,
  )
}
