import type { Migration } from '../migration.ts'

/** What a gateway calls each part of a message, and what became of it: a long one is delivered when all of its parts are. */
export const smsPartsMigration: Migration = {
  name: '0027-sms-parts',
  sqlite: [
    `create table sms_part (
      message text not null references sms_message (id) on delete cascade,
      number integer not null,
      sender text not null,
      gateway_id text not null,
      is_delivered integer not null default 0,
      primary key (message, number)
    ) strict, without rowid`,
    'create index sms_part_id on sms_part (sender, gateway_id)',
  ],
}
