import type { Seeded } from './seeded.ts'

/** A line of the JSON access log as the edge's proxy writes it (docs/access-log.md). */
export function makeLogLine(fields: { at: Date; ip: string; account: string; subject: string }): string {
  const uri = `/api/egw/KQNhanLichSuKCB2024?token=t&id_token=t&username=${fields.account}&password=p`
  return JSON.stringify({
    at: fields.at.toISOString(),
    ip: fields.ip,
    port: 40_000,
    method: 'POST',
    uri,
    status: 200,
    bytes: 120,
    ms: 9,
    host: 'portal.example',
    subject: fields.subject,
    result: '000',
  })
}

/** Bytes that no log has: control characters, broken UTF-8, escapes of a terminal, no line feed. */
export function makeGarbage(bytes: number, seeded: Seeded): Uint8Array {
  const garbage = Uint8Array.from({ length: bytes }, () => seeded.below(256))
  return garbage.map((byte) => (byte === 0x0a ? 0x1b : byte))
}
