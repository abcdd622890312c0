import type { Migration } from '../migration.ts'

/** Messages to officers, until a gateway has them and for a while after. */
export const smsMigration: Migration = {
  name: '0020-sms',
  sqlite: [
    `create table sms_message (
      id text primary key,
      kind text not null check (kind in ('code', 'notice')),
      phone text,
      text text,
      state text not null check (state in ('queued', 'sent', 'delivered', 'undelivered', 'refused', 'expired')),
      queued_at_ms integer not null,
      not_after_ms integer not null,
      tries integer not null,
      fault text,
      sender text,
      message_id text,
      sent_at_ms integer,
      ended_at_ms integer
    ) strict`,
    `create index sms_message_due on sms_message (kind, queued_at_ms) where state = 'queued'`,
    `create index sms_message_id on sms_message (sender, message_id) where state = 'sent'`,
    'create index sms_message_at on sms_message (queued_at_ms)',
  ],
}
