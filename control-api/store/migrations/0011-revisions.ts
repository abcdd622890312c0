import type { Migration } from '../migration.ts'

/** Revisions, and second persons' approvals of lists that shrink. */
export const revisionsMigration: Migration = {
  name: '0011-revisions',
  sqlite: [
    `create table revision (
      revision integer primary key,
      state text not null check (state in ('prepared', 'published', 'failed')),
      published_at text not null,
      published_at_ms integer not null,
      mode text not null check (mode in ('observe', 'enforce')),
      enforce_from text,
      entries integer not null,
      added integer not null,
      removed integer not null,
      digest text not null,
      document_sha256 text not null,
      note text,
      person text not null,
      shrink text
    ) strict`,
    `create table shrink_approval (
      id text primary key,
      person text not null,
      reason text not null,
      digest text,
      entries integer,
      removed integer,
      created_at_ms integer not null,
      expires_at_ms integer not null,
      revision integer references revision (revision),
      check (digest is not null or (entries is not null and removed is not null))
    ) strict`,
  ],
}
