import type { Migration } from '../migration.ts'

/** Tokens of people, agents, and the one-time tokens they enrol with. */
export const accessAndAgentsMigration: Migration = {
  name: '0010-access-and-agents',
  sqlite: [
    `create table token (
      id text primary key,
      person text not null,
      role text not null check (role in ('operator', 'approver', 'reader')),
      sha256 text not null unique,
      created_at_ms integer not null,
      expires_at_ms integer not null,
      revoked_at_ms integer
    ) strict`,
    `create table agent (
      id text primary key,
      name text not null,
      public_key text not null,
      enrolled_at_ms integer not null,
      revoked_at_ms integer,
      revoke_reason text
    ) strict`,
    'create unique index agent_name on agent (name) where revoked_at_ms is null',
    `create table enrolment_token (
      sha256 text primary key,
      root_version integer not null,
      created_by text not null,
      created_at_ms integer not null,
      expires_at_ms integer not null,
      spent_at_ms integer,
      agent_id text references agent (id)
    ) strict`,
  ],
}
