import type { Migration } from '../migration.ts'

/** What edges counted in rehearsal of the account policy, and tokens of provinces and facilities. */
export const rehearsalMigration: Migration = {
  name: '0025-rehearsal',
  sqlite: [
    'alter table token add column scope text',
    `create table rehearsal_count (
      day integer not null,
      agent_id text not null,
      reason text not null,
      facility text not null,
      account text not null,
      function text not null,
      source text not null,
      client text not null,
      province text not null,
      managing text not null,
      would integer not null,
      refused integer not null,
      first_ms integer not null,
      last_ms integer not null,
      primary key (day, agent_id, reason, facility, account, function, source, client)
    ) strict, without rowid`,
    'create index rehearsal_count_facility on rehearsal_count (facility, day)',
    'create index rehearsal_count_managing on rehearsal_count (managing, day)',
    `create table rehearsal_edge (
      day integer not null,
      agent_id text not null,
      told_at_ms integer not null,
      policy integer,
      judged text not null,
      unlisted integer not null,
      counts integer not null,
      dropped integer not null,
      primary key (day, agent_id)
    ) strict, without rowid`,
  ],
}
