import { readFileSync } from 'node:fs'
import { maskAccount } from '../../rules/requests/mask-account.ts'
import { anAccessToken } from './access-token.ts'
import { createSeeded } from './seeded.ts'

/** A line of a sample log with the answer that stands above it. */
export interface SampleLine {
  readonly reason: string
  readonly bytes: Buffer
  /** As `agent parse` prints it. */
  readonly expected: string
}

/** Masks the citizen IDs of the samples. */
export const SAMPLE_KEY = new Uint8Array(32).fill(0x5a)
/** No citizen ID begins with 9. */
export const SAMPLE_CITIZEN_ID = `9${createSeeded(2024).digits(11)}`

/**
 * Reads a log whose lines carry their answer: `# reason`, `#= null` or `#= {what differs from the defaults}`, then the line;
 * `#% {…}` sets the defaults. Placeholders stand for what must not lie in the tree: `@CITIZEN@`, `@MASKED@`, `@TOKEN:account@`,
 * `@BIG:bytes@`, `@HEX:bytes@`.
 */
export function readSampleLog(path: string): readonly SampleLine[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const defaults: unknown = JSON.parse(lines.find((line) => line.startsWith('#% '))?.slice(3) ?? '{}')
  return lines.flatMap((line, i) => {
    if (!line.startsWith('#= ')) return []
    const differs: unknown = JSON.parse(line.slice(3).replaceAll('@MASKED@', maskAccount(SAMPLE_CITIZEN_ID, SAMPLE_KEY)))
    const expected = differs === null ? 'null' : JSON.stringify({ ...Object(defaults), ...Object(differs) })
    return [{ reason: lines[i - 1]?.slice(2) ?? '', bytes: fillIn(lines[i + 1] ?? ''), expected }]
  })
}

function fillIn(line: string): Buffer {
  const text = line
    .replaceAll('@CITIZEN@', SAMPLE_CITIZEN_ID)
    .replace(/@TOKEN:([^@]*)@/g, (_, account: string) => anAccessToken(account))
    .replace(/@BIG:(\d+)@/g, (_, bytes: string) => '/'.repeat(Number(bytes)))
  const pieces = text.split(/@HEX:([0-9a-f]*)@/)
  return Buffer.concat(pieces.map((piece, i) => Buffer.from(piece, i % 2 === 0 ? 'utf8' : 'hex')))
}
