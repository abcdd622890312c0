import type { OpeningOrder } from '../../agent/orders/order.ts'

const HOUR_MS = 3_600_000

/** An order that lets a source in for an hour; a test names only its own fields. */
export function anOpening(fields: Partial<OpeningOrder> = {}): OpeningOrder {
  const at = fields.at ?? '2024-07-27T03:00:30.000Z'
  return {
    kind: 'opening',
    id: '0123456789abcdef',
    block: '20.0.0.9',
    at,
    until: new Date(Date.parse(at) + HOUR_MS).toISOString(),
    why: 'the list server is down',
    by: 'root',
    closedAt: null,
    ...fields,
  }
}
