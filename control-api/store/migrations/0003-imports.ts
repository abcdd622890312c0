import type { Migration } from '../migration.ts'

/** Workbooks that were read, with a verdict for every row. */
export const importsMigration: Migration = {
  name: '0003-imports',
  sqlite: [
    `create table import (
      id text primary key,
      sha256 text not null,
      bytes integer not null,
      sheet text not null,
      province text,
      dispatch text not null,
      accept text not null check (accept in ('all', 'valid', 'none')),
      is_taken integer not null check (is_taken in (0, 1)),
      rows integer not null,
      adds integer not null,
      cancels integer not null,
      unchanged integer not null,
      refused integer not null,
      ignored text not null,
      taken_by text not null,
      at_ms integer not null
    ) strict, without rowid`,
    'create index import_file on import (sha256)',
    `create table import_verdict (
      import_id text not null references import (id),
      seq integer not null,
      row integer not null,
      section text,
      verdict text not null check (verdict in ('add', 'cancel', 'unchanged', 'refused')),
      code text,
      field text,
      value text not null,
      facility text not null,
      block text not null,
      message_vi text not null,
      message_en text not null,
      primary key (import_id, seq)
    ) strict, without rowid`,
  ],
}
