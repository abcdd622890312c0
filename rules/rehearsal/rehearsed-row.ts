import type { GateReason } from '../gate/gate-reason.ts'

/** What one rule refused or would have refused of one account, function, source and client software: a row of a rehearsal of the account policy. */
export interface RehearsedRow {
  readonly reason: GateReason
  readonly province: string | null
  readonly facility: string | null
  /** Masked, or a keyed token, or an account that names no person. */
  readonly account: string | null
  readonly function: string
  readonly source: string | null
  /** By User-Agent; empty where the client sent none, `null` where what was counted does not tell it. */
  readonly client: string | null
  /** Requests that were let through and would not have been. */
  readonly would: number
  /** Requests that were refused. */
  readonly refused: number
  readonly firstMs: number
  readonly lastMs: number
}

/** What was counted on one day of the portal's zone. */
export interface DayCount {
  /** Days since 1970 in the portal's zone. */
  readonly day: number
  readonly would: number
  readonly refused: number
}

/** What stands for client software that has no name; of no client, whose name is ASCII. */
export const NO_CLIENT = { unnamed: 'không nêu tên / none named', untold: 'nhật ký không ghi / not told by the log' } as const

/** The client software of a row, for people. */
export function clientWords({ client }: Pick<RehearsedRow, 'client'>): string {
  return client === null ? NO_CLIENT.untold : client || NO_CLIENT.unnamed
}

/** The busiest first; of equals, those seen last. */
export function busiestFirst<T extends RehearsedRow>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => b.would + b.refused - a.would - a.refused || b.lastMs - a.lastMs)
}
