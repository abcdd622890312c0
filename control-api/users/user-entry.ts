import type { UserRight } from '../../rules/users/user-right.ts'
import { rightsText } from '../../rules/users/user-right.ts'
import type { UserRow } from './user-tables.ts'

/** A user as a facility enters one. The citizen ID is read here and kept nowhere. */
export interface UserEntry {
  readonly facility: string
  readonly province: string
  readonly name: string
  readonly citizenId: string
  readonly rights: readonly UserRight[]
  readonly fromMs: number
  readonly untilMs: number | null
}

/** A change that waits: what will hold once it is approved. */
export interface WantedChange {
  readonly name: string
  /** `rightsText` */
  readonly rights: string
  readonly fromMs: number
  readonly untilMs: number | null
  readonly by: string
  readonly dispatch: string
}

/** Whether the list says the same already, waiting changes included. */
export function saysTheSame(row: UserRow, entry: Pick<UserEntry, 'name' | 'rights' | 'untilMs'>): boolean {
  const { name, rights, untilMs } = wantedOf(row) ?? { name: row.name, rights: row.rights, untilMs: row.effective_until_ms }
  // When it begins is not asked: a list is sent again later, and means what holds.
  return (
    (row.state !== 'disabled' || row.wanted !== null) &&
    name === entry.name &&
    rights === rightsText(entry.rights) &&
    untilMs === entry.untilMs
  )
}

export function wantedOf({ wanted }: Pick<UserRow, 'wanted'>): WantedChange | undefined {
  return wanted === null ? undefined : (JSON.parse(wanted) as WantedChange)
}
