import type { Migration } from '../migration.ts'

/** Officers who may ask for one-time codes, their requests, and the grants that came of them. 1232/BHXH-CNTT */
export const otpMigration: Migration = {
  name: '0021-otp',
  sqlite: [
    // Which roles there are is said in the program alone: SQLite changes no check of a table that is there.
    `create table token_of_any_role (
      id text primary key,
      person text not null,
      role text not null,
      sha256 text not null unique,
      created_at_ms integer not null,
      expires_at_ms integer not null,
      revoked_at_ms integer
    ) strict`,
    'insert into token_of_any_role select id, person, role, sha256, created_at_ms, expires_at_ms, revoked_at_ms from token',
    'drop table token',
    'alter table token_of_any_role rename to token',
    `create table otp_officer (
      id text primary key,
      province text not null,
      name text not null,
      bhxh_hash text not null,
      bhxh_shown text not null,
      phone text not null,
      phone_hash text not null,
      phone_shown text not null,
      account text not null,
      account_hash text not null,
      account_shown text not null,
      dispatch text not null,
      import_id text,
      state text not null check (state in ('waiting', 'approved', 'refused', 'revoked')),
      entered_by text not null,
      entered_at_ms integer not null,
      approved_by text,
      approved_at_ms integer,
      ended_by text,
      ended_at_ms integer,
      end_reason text
    ) strict`,
    `create unique index otp_officer_bhxh on otp_officer (bhxh_hash) where state in ('waiting', 'approved')`,
    `create unique index otp_officer_account on otp_officer (account_hash) where state in ('waiting', 'approved')`,
    'create index otp_officer_province on otp_officer (province, state)',
    `create table otp_request (
      id_hash text primary key,
      officer_id text references otp_officer (id),
      bhxh_hash text not null,
      phone_hash text,
      source_hash text not null,
      code_hash text not null,
      state text not null check (state in ('open', 'used', 'burnt', 'replaced')),
      attempts integer not null,
      requested_at_ms integer not null,
      expires_at_ms integer not null
    ) strict`,
    'create index otp_request_bhxh on otp_request (bhxh_hash, requested_at_ms)',
    'create index otp_request_phone on otp_request (phone_hash, requested_at_ms) where phone_hash is not null',
    'create index otp_request_source on otp_request (source_hash, requested_at_ms)',
    'create index otp_request_at on otp_request (requested_at_ms)',
    `create table otp_lock (
      bhxh_hash text primary key,
      wrong integer not null,
      since_ms integer not null,
      until_ms integer
    ) strict`,
    `create table otp_grant (
      id text primary key,
      officer_id text not null references otp_officer (id),
      granted_at_ms integer not null,
      used_at_ms integer not null,
      ends_at_ms integer not null,
      ended_at_ms integer,
      ended_by text,
      end_reason text
    ) strict`,
    'create unique index otp_grant_live on otp_grant (officer_id) where ended_at_ms is null',
    'create index otp_grant_end on otp_grant (ends_at_ms) where ended_at_ms is null',
  ],
}
