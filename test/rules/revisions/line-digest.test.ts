import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../rules/addresses/block-set-lines.ts'
import { createLineDigest } from '../../../rules/revisions/line-digest.ts'
import { blockSetOf } from '../../support/filter-programs.ts'

describe('createLineDigest', () => {
  it.each([
    ['nothing', []],
    ['both families', ['20.1.0.1', '20.2.0.0/24', '2400:1::1', '2400:2::/48']],
    // Twice as many bytes as are hashed at once, and lines of every length up to the longest.
    [
      'many',
      Array.from(
        { length: 4000 },
        (_, i) => `2400:${(i + 0x1000).toString(16)}:1111:2222:3333:4444:5555:${(i + 1).toString(16)}`,
      ),
    ],
  ])('gives what digestOf gives of the same blocks: %s', (_what, blocks) => {
    const bytes = Buffer.from(blocks.join('\t'))
    const lines = createLineDigest()
    let at = 0
    for (const block of blocks) {
      lines.take(bytes, at, at + block.length)
      at += block.length + 1
    }
    expect(lines.digest()).toBe(digestOf(blockSetOf(blocks)))
  })
})
