import { describe, expect, it } from 'vitest'
import type { BlocksDocument, FleetVerdict } from '../../../rules/verdicts/blocks-document.ts'
import { formatBlocks, MAX_BLOCKS_BYTES, parseBlocks } from '../../../rules/verdicts/blocks-document.ts'
import { codeOf } from '../../support/code-of.ts'
import { aFleetVerdict } from '../../support/fleet-verdict.ts'

function aDocument(fields: Partial<BlocksDocument> = {}): BlocksDocument {
  return {
    format: 'edgeward-blocks/1',
    version: 7,
    publishedAt: '2026-03-02T01:00:00.000Z',
    expiresAt: '2026-03-03T01:00:00.000Z',
    verdicts: [aFleetVerdict()],
    ...fields,
  }
}

const bytesOf = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`)

describe('parseBlocks', () => {
  it('reads what formatBlocks wrote, verdicts in order of their tokens', () => {
    const [one, other] = [aFleetVerdict({ token: 'a'.repeat(16) }), aFleetVerdict({ token: 'b'.repeat(16) })]
    expect(parseBlocks(formatBlocks(aDocument({ verdicts: [other, one] })))).toEqual(aDocument({ verdicts: [one, other] }))
    expect(parseBlocks(formatBlocks(aDocument({ verdicts: [] }))).verdicts).toEqual([])
  })

  it.each<[string, string, Uint8Array]>([
    ['BLOCKS_FIELD', 'no JSON', Buffer.from('{')],
    ['BLOCKS_FIELD', 'a field nobody knows', bytesOf({ ...aDocument(), more: 1 })],
    ['BLOCKS_FIELD', 'a name in place of a token', bytesOf(aDocument({ verdicts: [aFleetVerdict({ token: '01234_BV' })] }))],
    [
      'BLOCKS_FIELD',
      'an action that nothing follows from',
      bytesOf(aDocument({ verdicts: [{ ...aFleetVerdict(), action: 'watch' } as unknown as FleetVerdict] })),
    ],
    ['BLOCKS_TIME', 'a day that does not exist', bytesOf(aDocument({ publishedAt: '2026-02-31T01:00:00.000Z' }))],
    ['BLOCKS_TIME', 'a verdict that outlives the document', bytesOf(aDocument({ expiresAt: '2026-03-02T01:05:00.000Z' }))],
    [
      'BLOCKS_TIME',
      'a verdict for ever',
      bytesOf(
        aDocument({ expiresAt: '2027-03-03T01:00:00.000Z', verdicts: [aFleetVerdict({ until: '2027-01-01T00:00:00.000Z' })] }),
      ),
    ],
    ['BLOCKS_NOT_CANONICAL', 'one account twice', bytesOf(aDocument({ verdicts: [aFleetVerdict(), aFleetVerdict()] }))],
    ['BLOCKS_NOT_CANONICAL', 'spaces', Buffer.from(`${JSON.stringify(aDocument(), null, 1)}\n`)],
    ['BLOCKS_TOO_LARGE', 'more than central signs', new Uint8Array(MAX_BLOCKS_BYTES + 1)],
  ])('refuses with %s: %s', (code, _what, bytes) => {
    expect(codeOf(() => parseBlocks(bytes))).toBe(code)
  })
})
