import { describe, expect, it } from 'vitest'
import { aboutText, findAbout } from '../../../rules/firewall/about.ts'

const DIGEST = 'a'.repeat(64)

describe('findAbout', () => {
  it.each([
    { revision: 0, mode: 'observe', digest: DIGEST },
    { revision: Number.MAX_SAFE_INTEGER, mode: 'enforce', digest: DIGEST },
  ] as const)('reads back what aboutText wrote: revision $revision', (about) => {
    expect(findAbout(aboutText(about))).toEqual(about)
    expect(aboutText(about).length).toBeLessThan(128)
  })

  it.each([
    ['', 'nothing'],
    [`edgeward/9 1 enforce ${DIGEST}`, 'another layout'],
    [`edgeward/2 01 enforce ${DIGEST}`, 'a leading zero'],
    [`edgeward/2 1 off ${DIGEST}`, 'an unknown mode'],
    [`edgeward/2 1 enforce ${DIGEST} `, 'more behind it'],
    [`edgeward/2 1 enforce ${DIGEST.slice(1)}`, 'a short digest'],
  ])('does not take %j: %s', (text) => {
    expect(findAbout(text)).toBeUndefined()
  })
})
