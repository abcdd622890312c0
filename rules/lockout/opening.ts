import { type Static, Type } from 'typebox'
import type { Block } from '../addresses/block.ts'
import { bitsOf } from '../addresses/block-bits.ts'
import { parseBlock } from '../addresses/parse-block.ts'
import { findInstantMs } from '../time/find-instant.ts'

/** Why a source is not let in past the list. */
export const OPENING_ERRORS = {
  OPENING_FORBIDDEN: 'the config forbids openings: breakGlass.maxHours is 0',
  OPENING_TOO_WIDE: 'an opening is one address or a small network: IPv4 /29 or longer, IPv6 /64 or longer',
  OPENING_TOO_LONG: 'the opening lasts longer than breakGlass.maxHours allows, or not at all',
  OPENING_NO_REASON: 'an opening needs a reason in at least three words, on one line, without the number of a person',
  OPENING_TOO_MANY: 'as many sources are open as breakGlass.maxOpen allows',
  OPENING_CLOCK: 'the clock stands before the opening was made, so nobody can say when it ends',
} as const

export type OpeningErrorCode = keyof typeof OPENING_ERRORS

export interface OpeningLimits {
  /** 0: none at all. */
  readonly maxHours: number
  readonly maxOpen: number
}

/** A source that a person at the host let in, as it stands in its file and in reports. */
export const Opening = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    block: Type.String({ maxLength: 49, description: 'canonical' }),
    at: Type.String({ format: 'date-time' }),
    until: Type.String({ format: 'date-time' }),
    why: Type.String({ maxLength: 500 }),
    by: Type.String({ maxLength: 64, description: 'user of the host who opened it' }),
  },
  { additionalProperties: false },
)
export type Opening = Static<typeof Opening>

export interface JudgedOpening extends Opening {
  readonly block: Block
  readonly untilMs: number
}

/** The longest that may lie before the moment an opening was made: clocks of one machine differ by no more. */
const CLOCK_SLACK_MS = 60_000
const HOUR_MS = 3_600_000

/** Whether the block, the time and the reason are such as may be opened; the command and the agent both ask. @throws AddressError, OpeningError */
export function judgeOpening(opening: Opening, limits: OpeningLimits, nowMs: number): JudgedOpening {
  if (limits.maxHours === 0) throw new OpeningError('OPENING_FORBIDDEN', `Cannot open ${opening.block}: breakGlass.maxHours is 0`)
  const block = parseBlock(opening.block)
  const { family, length } = bitsOf(block)
  if (length < (family === 4 ? 29 : 64))
    throw new OpeningError('OPENING_TOO_WIDE', `Cannot open ${block}: ${OPENING_ERRORS.OPENING_TOO_WIDE}`)
  const atMs = findInstantMs(opening.at) ?? Number.NaN
  const untilMs = findInstantMs(opening.until) ?? Number.NaN
  const lasts = untilMs - atMs
  if (!(lasts > 0 && lasts <= limits.maxHours * HOUR_MS))
    throw new OpeningError(
      'OPENING_TOO_LONG',
      `Cannot open ${block} from ${opening.at} until ${opening.until}: at most ${limits.maxHours} hours are allowed (breakGlass.maxHours)`,
    )
  if (opening.why.trim().split(/\s+/).length < 3 || /\p{Cc}|\p{Nd}{9,}/u.test(opening.why))
    throw new OpeningError(
      'OPENING_NO_REASON',
      `Cannot open ${block}: say why in at least three words, on one line, without the number of a person`,
    )
  if (nowMs < atMs - CLOCK_SLACK_MS)
    throw new OpeningError(
      'OPENING_CLOCK',
      `Cannot open ${block}: it was made at ${opening.at}, and the clock stands before that`,
    )
  return { ...opening, block, untilMs }
}

/** An opening that is not made. Callers branch on `code`. */
export class OpeningError extends Error {
  override readonly name = 'OpeningError'
  readonly code: OpeningErrorCode
  constructor(code: OpeningErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
