import type { Migration } from '../migration.ts'

/** Wrong codes by number and source, and the sources that an officer has used before: no stranger locks an officer out. Several officers may share the account of a facility. */
export const otpLimitsMigration: Migration = {
  name: '0023-otp-limits',
  sqlite: [
    'drop table otp_lock',
    'drop index otp_officer_account',
    `create index otp_officer_account on otp_officer (account_hash) where state in ('waiting', 'approved')`,
    'alter table otp_request add column is_known integer not null default 0',
    `create table otp_wrong (
      bhxh_hash text not null,
      source_hash text not null,
      is_known integer not null,
      at_ms integer not null
    ) strict`,
    'create index otp_wrong_bhxh on otp_wrong (bhxh_hash, at_ms)',
    'create index otp_wrong_source on otp_wrong (source_hash, at_ms)',
    'create index otp_wrong_at on otp_wrong (at_ms)',
    `create table otp_source (
      bhxh_hash text not null,
      source_hash text not null,
      used_at_ms integer not null,
      primary key (bhxh_hash, source_hash)
    ) strict, without rowid`,
  ],
}
