import { describe, expect, it } from 'vitest'
import { GRANT_IDLE_MS, type Grant } from '../../../rules/grants/grant-life.ts'
import {
  formatGrants,
  type GrantEntry,
  type GrantsDocument,
  grantEntryOf,
  grantOf,
  grantsDocument,
  MAX_GRANTS,
  MAX_GRANTS_BYTES,
  parseGrants,
} from '../../../rules/grants/grants-document.ts'
import { codeOf } from '../../support/code-of.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 1)

function aGrant(fields: Partial<Grant> = {}): Grant {
  return {
    token: 'abcdefghijklmnop',
    grantedAtMs: NOW_MS - 60_000,
    usedAtMs: NOW_MS - 1000,
    endsAtMs: NOW_MS + 12 * 3_600_000 - 60_000,
    idleMs: GRANT_IDLE_MS,
    ...fields,
  }
}

function aDocument(fields: Partial<GrantsDocument> = {}, grant: Partial<GrantEntry> = {}): GrantsDocument {
  return {
    format: 'edgeward-grants/1',
    version: 3,
    publishedAt: new Date(NOW_MS).toISOString(),
    expiresAt: new Date(NOW_MS + 24 * 3_600_000).toISOString(),
    idleMinutes: 30,
    grants: [{ ...grantEntryOf(aGrant()), ...grant }],
    ...fields,
  }
}

const bytesOf = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`)

describe('parseGrants', () => {
  it('reads what formatGrants wrote, grants in order of their tokens', () => {
    const [one, other] = [aGrant({ token: 'a'.repeat(16) }), aGrant({ token: 'b'.repeat(16) })]
    const document = parseGrants(formatGrants(grantsDocument(3, NOW_MS, [other, one])))
    expect(document.grants.map((entry) => grantOf(entry, document))).toEqual([one, other])
    expect(document.expiresAt).toBe(new Date(one.endsAtMs).toISOString())
    expect(parseGrants(formatGrants(grantsDocument(4, NOW_MS, []))).grants).toEqual([])
  })

  it('carries the idle time that policy wants, whole minutes of it', () => {
    const document = parseGrants(formatGrants(grantsDocument(3, NOW_MS, [aGrant()], 15 * 60_000)))
    expect(document.grants[0]?.idleEndsAt).toBe(new Date(NOW_MS - 1000 + 15 * 60_000).toISOString())
    expect(document.grants.map((entry) => grantOf(entry, document).idleMs)).toEqual([15 * 60_000])
    for (const idleMs of [0, 30_000, 241 * 60_000])
      expect(codeOf(() => formatGrants(grantsDocument(3, NOW_MS, [], idleMs)))).toBe('GRANTS_FIELD')
  })

  it('has room for as many as there may be', () => {
    const few = Array.from({ length: 16 }, (_, at) => aGrant({ token: 'abcdefghijklmnop'.charAt(at).repeat(16) }))
    const empty = formatGrants(grantsDocument(1, NOW_MS, [])).length
    const each = (formatGrants(grantsDocument(1, NOW_MS, few)).length - empty) / few.length
    expect(empty + each * MAX_GRANTS).toBeLessThan(MAX_GRANTS_BYTES)
  })

  it.each<[string, string, Uint8Array]>([
    ['GRANTS_FIELD', 'no JSON', Buffer.from('{')],
    ['GRANTS_FIELD', 'a field nobody knows', bytesOf({ ...aDocument(), more: 1 })],
    ['GRANTS_FIELD', 'a name in place of a token', bytesOf(aDocument({}, { token: '01234_BV' }))],
    ['GRANTS_TIME', 'a day that does not exist', bytesOf(aDocument({ publishedAt: '2026-02-31T01:00:00.000Z' }))],
    [
      'GRANTS_TIME',
      'a grant that outlives the document',
      bytesOf(aDocument({ expiresAt: new Date(NOW_MS + 1000).toISOString() })),
    ],
    [
      'GRANTS_TIME',
      'a grant for days',
      bytesOf(
        aDocument(
          { expiresAt: new Date(NOW_MS + 72 * 3_600_000).toISOString() },
          { endsAt: new Date(NOW_MS + 48 * 3_600_000).toISOString() },
        ),
      ),
    ],
    [
      'GRANTS_TIME',
      'an idle end of its own',
      bytesOf(aDocument({}, { idleEndsAt: new Date(NOW_MS + GRANT_IDLE_MS).toISOString() })),
    ],
    ['GRANTS_TIME', 'a use before the grant', bytesOf(aDocument({}, { grantedAt: new Date(NOW_MS).toISOString() }))],
    ['GRANTS_TIME', 'a use of the future', bytesOf(aDocument({ publishedAt: new Date(NOW_MS - 5000).toISOString() }))],
    [
      'GRANTS_NOT_CANONICAL',
      'one account twice',
      bytesOf(aDocument({ grants: [grantEntryOf(aGrant()), grantEntryOf(aGrant())] })),
    ],
    ['GRANTS_NOT_CANONICAL', 'spaces', Buffer.from(`${JSON.stringify(aDocument(), null, 1)}\n`)],
    ['GRANTS_TOO_LARGE', 'more than central signs', new Uint8Array(MAX_GRANTS_BYTES + 1)],
  ])('refuses with %s: %s', (code, _what, bytes) => {
    expect(codeOf(() => parseGrants(bytes))).toBe(code)
  })
})
