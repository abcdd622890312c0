import type { AttributedRequest } from './attributed-request.ts'
import type { LineFault } from './line-fault.ts'

/** The access logs that can be read; docs/access-log.md has an example of each. */
export const LOG_FORMATS = ['nginx-json', 'combined', 'haproxy'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Reads one log. Lines come in the order of the file: a token request names the account of nameless requests after it. */
export interface LineParser {
  /**
   * Reads the line that fills `line[start, end)`, without its line feed. `undefined` if nobody could be counted for it:
   * `lastFault` then says why. Keeps nothing of `line`, which the caller may overwrite at once.
   */
  parse(line: Uint8Array, start?: number, end?: number): AttributedRequest | undefined
  /** The same for a line held as text. */
  parseLine(text: string): AttributedRequest | undefined
  /** Why the last line was not read; `undefined` if it was. The words are in `LINE_FAULTS`. */
  readonly lastFault: LineFault | undefined
}
