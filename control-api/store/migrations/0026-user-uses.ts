import type { Migration } from '../migration.ts'

/** When an account was really used, apart from the day from which its idle days are counted. 1923/BHXH-CNTT §1b */
export const userUsesMigration: Migration = {
  name: '0026-user-uses',
  sqlite: [
    'alter table portal_user add column used_day text',
    // Until now a use on the day of approval could not be told from the approval: it counts as none.
    `update portal_user set used_day = seen_day
      where approved_at_ms is not null and seen_day > date(approved_at_ms / 1000 + 25200, 'unixepoch')`,
    'create index portal_user_facility on portal_user (facility, id)',
  ],
}
