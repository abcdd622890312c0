import type { Migration } from '../migration.ts'

/** Facilities, their registrations, and every step these took. */
export const registrationsMigration: Migration = {
  name: '0002-registrations',
  sqlite: [
    `create table facility (
      code text primary key check (length(code) = 5),
      name text not null,
      province text not null check (length(province) = 2),
      province_at_ms integer not null,
      daily_visits integer
    ) strict, without rowid`,
    `create table registration (
      id integer primary key,
      version integer not null,
      facility text not null references facility (code),
      facility_name text not null,
      province text not null check (length(province) = 2),
      province_at_ms integer not null,
      block text not null,
      first text not null,
      last text not null check (last >= first),
      size text not null,
      carrier text not null,
      place text not null,
      note text not null,
      state text not null check (state in ('registered', 'endorsed', 'approved', 'revoked', 'refused', 'withdrawn')),
      shared_reason text,
      effective_from_ms integer not null,
      effective_until_ms integer check (effective_until_ms > effective_from_ms),
      import_id text,
      cancel_import_id text,
      registered_by text not null,
      registered_at_ms integer not null,
      registered_dispatch text not null,
      endorsed_by text,
      endorsed_at_ms integer,
      endorsed_dispatch text,
      approved_by text check (approved_by <> registered_by and approved_by <> endorsed_by),
      approved_at_ms integer,
      approved_dispatch text,
      closed_by text,
      closed_at_ms integer,
      closed_dispatch text,
      closed_reason text
    ) strict`,
    'create index registration_block on registration (block)',
    'create index registration_first on registration (first)',
    'create index registration_size on registration (size)',
    'create index registration_facility on registration (facility, id)',
    'create index registration_import on registration (import_id) where import_id is not null',
    'create index registration_cancel on registration (cancel_import_id) where cancel_import_id is not null',
    `create table registration_step (
      registration_id integer not null references registration (id),
      version integer not null,
      at_ms integer not null,
      step text not null,
      state text not null,
      person text not null,
      dispatch text not null,
      reason text,
      audit_seq integer not null references audit (seq),
      primary key (registration_id, version)
    ) strict, without rowid`,
    `create trigger registration_step_no_update before update on registration_step
      begin select raise(abort, 'steps are never changed'); end`,
    `create trigger registration_step_no_delete before delete on registration_step
      begin select raise(abort, 'steps are never deleted'); end`,
  ],
}
