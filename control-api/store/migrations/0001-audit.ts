import type { Migration } from '../migration.ts'

/** The audit log: rows are only ever added, numbered without a gap, each bound to the one before by its hash. */
export const auditMigration: Migration = {
  name: '0001-audit',
  sqlite: [
    `create table audit (
      seq integer primary key,
      at_ms integer not null,
      person text not null,
      role text not null,
      action text not null,
      target text not null,
      dispatch text,
      details text not null,
      previous text not null,
      hash text not null unique
    ) strict`,
    'create index audit_target on audit (target, seq)',
    `create trigger audit_no_gap before insert on audit when new.seq <> (select coalesce(max(seq), 0) + 1 from audit)
      begin select raise(abort, 'audit entries are numbered without a gap'); end`,
    `create trigger audit_no_update before update on audit begin select raise(abort, 'audit entries are never changed'); end`,
    `create trigger audit_no_delete before delete on audit begin select raise(abort, 'audit entries are never deleted'); end`,
  ],
}
