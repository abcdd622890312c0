import type { Migration } from '../migration.ts'

/** Named users of facilities and the provincial approvers. 1923/BHXH-CNTT §1b */
export const usersMigration: Migration = {
  name: '0022-users',
  sqlite: [
    `alter table import add column form text not null default '02/th-ip-ctn'`,
    'alter table import add column changes integer not null default 0',
    // Which verdicts there are is said in the program alone: SQLite changes no check of a table that is there.
    `create table import_verdict_of_any_form (
      import_id text not null references import (id),
      seq integer not null,
      row integer not null,
      section text,
      verdict text not null,
      code text,
      field text,
      value text not null,
      facility text not null,
      block text not null,
      message_vi text not null,
      message_en text not null,
      primary key (import_id, seq)
    ) strict, without rowid`,
    `insert into import_verdict_of_any_form
      select import_id, seq, row, section, verdict, code, field, value, facility, block, message_vi, message_en from import_verdict`,
    'drop table import_verdict',
    'alter table import_verdict_of_any_form rename to import_verdict',
    `create table portal_user (
      id integer primary key,
      version integer not null,
      facility text not null,
      province text not null,
      name text not null,
      shown text not null,
      person_token text not null,
      rights text not null,
      effective_from_ms integer not null,
      effective_until_ms integer,
      state text not null check (state in ('waiting', 'active', 'disabled', 'cancelled', 'refused')),
      wanted text,
      import_id text references import (id),
      dispatch text not null,
      entered_by text not null,
      entered_at_ms integer not null,
      approved_by text,
      approved_at_ms integer,
      ended_by text,
      ended_at_ms integer,
      end_reason text,
      seen_day text not null,
      warned_day text
    ) strict`,
    `create unique index portal_user_person on portal_user (facility, person_token) where state in ('waiting', 'active', 'disabled')`,
    'create index portal_user_province on portal_user (province, state)',
    'create index portal_user_import on portal_user (import_id) where import_id is not null',
    `create index portal_user_seen on portal_user (seen_day) where state = 'active'`,
    `create table portal_user_token (
      key_id text not null,
      token text not null,
      user_id integer not null references portal_user (id),
      primary key (key_id, token)
    ) strict, without rowid`,
    'create index portal_user_token_user on portal_user_token (user_id)',
    `create table portal_user_step (
      user_id integer not null references portal_user (id),
      version integer not null,
      at_ms integer not null,
      step text not null,
      state text not null,
      person text not null,
      dispatch text not null,
      reason text,
      audit_seq integer not null,
      primary key (user_id, version)
    ) strict, without rowid`,
    'create index portal_user_step_audit on portal_user_step (audit_seq)',
    `create table portal_user_document (
      version integer primary key,
      sha256 text not null
    ) strict`,
    `create table user_approver (
      id integer primary key,
      version integer not null,
      province text not null,
      person text not null,
      name text not null,
      shown text not null,
      person_token text not null,
      state text not null check (state in ('waiting', 'granted', 'revoked', 'refused')),
      import_id text references import (id),
      dispatch text not null,
      entered_by text not null,
      entered_at_ms integer not null,
      granted_by text,
      granted_at_ms integer,
      granted_dispatch text,
      ended_by text,
      ended_at_ms integer,
      end_reason text
    ) strict`,
    `create unique index user_approver_person on user_approver (province, person) where state in ('waiting', 'granted')`,
  ],
}
