import type { Block } from '../rules/addresses/block.ts'
import { textOfV4 } from '../rules/addresses/block-words.ts'
import type { Owner } from '../rules/revisions/allow-document.ts'
import { formatAllowDocument } from '../rules/revisions/format-allow-document.ts'
import { createSeeded } from '../test/support/seeded.ts'

/** How many hosts and prefixes a list has. */
export interface ListSize {
  readonly hosts: number
  readonly prefixes: number
}

const OWNER: readonly Owner[] = [{ facility: '01234', province: '01', dispatch: '1923/BHXH-CNTT' }]
const FIRST_HOST = 0x14000000
const FIRST_PREFIX = 0x80000000

/** Host addresses as numbers, sorted, spread as the registrations of many providers are; the same for the same count. */
export function sampleHosts(count: number): Uint32Array {
  const random = createSeeded(count)
  let address = FIRST_HOST
  return Uint32Array.from({ length: count }, () => {
    address += 1 + random.below(1200)
    return address
  })
}

/** The bytes of a signed list. Prefixes are /24 to /29, apart from all hosts and from each other. */
export function sampleDocument({ hosts, prefixes }: ListSize): Uint8Array {
  const blocks = [
    ...Array.from(sampleHosts(hosts), (address) => textOfV4(address, 32)),
    ...Array.from({ length: prefixes }, (_, index) => textOfV4(FIRST_PREFIX + 4096 * index, 24 + (index % 6))),
  ]
  return formatAllowDocument({
    revision: 412,
    publishedAt: '2024-07-27T00:00:00+07:00',
    mode: 'enforce',
    enforceFrom: null,
    shrink: null,
    entries: blocks.map((block) => ({ block: block as Block, owners: OWNER })),
  })
}
