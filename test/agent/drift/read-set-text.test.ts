import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSetTextReader } from '../../../agent/drift/read-set-text.ts'

function read(...pieces: readonly string[]) {
  const elements: string[] = []
  const reader = createSetTextReader((text, start, end) => void elements.push(text.slice(start, end)))
  for (const piece of pieces) reader.push(piece)
  return { elements, isWhole: reader.isWhole() }
}

function printed(...elements: readonly string[]): string {
  const body = elements.length === 0 ? '' : `\t\telements = { ${elements.join(',\n\t\t\t     ')} }\n`
  return `table inet edgeward {\n\tset host4 {\n\t\ttype ipv4_addr\n\t\tsize 65536\n${body}\t}\n}\n`
}

const COMMENT = '20.0.0.9 comment "elements = { 1.2.3.4, } } "'

describe('createSetTextReader', () => {
  it.each([
    ['three', ['1.2.3.4', '20.0.0.0/24', '2400:1::1']],
    ['none', []],
    ['one with a comment that looks like a list', ['1.2.3.4', COMMENT, '5.6.7.8']],
    ['what an interval set may hold', ['99.1.0.0-99.1.0.77']],
  ])('hands on %s', (_what, elements) => {
    expect(read(printed(...elements))).toEqual({ elements, isWhole: true })
  })

  it('hands on the same wherever the text is cut', () => {
    const elements = ['1.2.3.4', COMMENT, '20.0.0.0/24']
    const text = printed(...elements)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end))
        expect(read(...pieces)).toEqual({ elements, isWhole: true })
      }),
      { seed: 7 },
    )
  })

  it('is not whole where the text ends early', () => {
    const text = printed('1.2.3.4', '5.6.7.8').trimEnd()
    for (let end = 0; end < text.length; end += 1) expect(read(text.slice(0, end)).isWhole).toBe(false)
  })

  it('keeps no endless element', () => {
    const { elements } = read('elements = { "', ...Array.from({ length: 200 }, () => 'x'.repeat(1000)))
    expect(Math.max(...elements.map((element) => element.length))).toBeLessThan(2000)
  })
})
