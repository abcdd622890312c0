import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFacilityPlaces } from '../../../agent/gate/facility-places.ts'
import { addressEntries } from '../../../agent/haproxy/address-entries.ts'
import type { Block } from '../../../rules/addresses/block.ts'
import { covers } from '../../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'

/** Hosts and prefixes that lie in one another. */
const blocks = fc.uniqueArray(
  fc.oneof(
    fc.integer({ min: 0, max: 15 }).map((last) => `203.0.113.${last}`),
    fc.constantFrom(
      '203.0.113.0/24',
      '203.0.113.0/29',
      '203.0.113.8/30',
      '203.0.112.0/23',
      '2001:db8::/32',
      '2001:db8::/64',
      '2001:db8::1',
    ),
  ),
  { maxLength: 12 },
)
const facility = fc.constantFrom('01234', '01235', '01236')

describe('addressEntries', () => {
  it('gives by the longest block around an address whom the gate takes for its owners', () => {
    fc.assert(
      fc.property(blocks, fc.infiniteStream(facility), (texts, owners) => {
        const rows = texts.map((text) => ({
          block: parseBlock(text),
          facilities: [{ facility: owners.next().value as string, province: '01' }],
        }))
        const document = { list: '', rows }
        const [entries, places] = [addressEntries(document), createFacilityPlaces(document)]
        for (const ip of [
          '203.0.113.1',
          '203.0.113.9',
          '203.0.113.200',
          '203.0.112.1',
          '2001:db8::1',
          '2001:db8::2',
          '2001:db8:1::',
          '192.0.2.1',
        ]) {
          const around = [...entries.keys()].filter((block) => covers(block as Block, ip as Block))
          const longest = around.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]
          const found = longest === undefined ? [] : (entries.get(longest) ?? '').split(',')
          for (const one of ['01234', '01235', '01236']) expect(found.includes(one)).toBe(places.isOwner(one, ip))
        }
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('makes a block of more facilities than a command can hold anybody’s', () => {
    const facilities = Array.from({ length: 1501 }, (_, i) => ({ facility: String(10_000 + i), province: '10' }))
    const entries = addressEntries({ list: '', rows: [{ block: parseBlock('203.0.113.7'), facilities }] })
    expect([...entries]).toEqual([['203.0.113.7', '*']])
  })
})

function lengthOf(block: string): number {
  return Number(block.split('/')[1] ?? 128)
}
