import type { Migration } from '../migration.ts'

/** Verdicts over all edges. */
export const fleetMigration: Migration = {
  name: '0012-fleet',
  sqlite: [
    `create table fleet_verdict (
      id text primary key,
      token text not null,
      facility text,
      rule text not null,
      action text not null check (action in ('watch', 'throttle', 'suspend')),
      state text not null check (state in ('held', 'ended', 'released')),
      at_ms integer not null,
      until_ms integer not null,
      requests integer not null,
      subjects integer not null,
      edges integer not null,
      evidence_vi text not null,
      evidence_en text not null,
      ended_at_ms integer,
      person text,
      reason text,
      quiet_until_ms integer
    ) strict`,
    `create unique index fleet_verdict_held on fleet_verdict (token) where state = 'held'`,
    `create index fleet_verdict_at on fleet_verdict (at_ms)`,
    `create index fleet_verdict_quiet on fleet_verdict (quiet_until_ms) where quiet_until_ms is not null`,
  ],
}
