import { describe, expect, it } from 'vitest'
import { createLineSplitter } from '../../../agent/watch/split-lines.ts'

const MAX = 12

describe('createLineSplitter', () => {
  const log = Buffer.from(
    'one\n\ntwo \u00e0\r\n\xff\xfe\n123456789012\n1234567890123\nfour\n12345678901234567890123456\nlast',
    'latin1',
  )
  const whole = ['one', '', 'two \u00e0\r', '\u00ff\u00fe', '123456789012', 13, 'four', 26, 'last']

  it('gives the same lines wherever the chunks are cut', () => {
    for (let first = 0; first <= log.length; first++) {
      for (let second = first; second <= log.length; second++) {
        expect(linesOf([log.subarray(0, first), log.subarray(first, second), log.subarray(second)])).toEqual(whole)
      }
    }
  })

  it('gives the same lines byte by byte', () => {
    expect(linesOf([...log].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it.each([
    ['', [], 'no bytes, no line'],
    ['\n', [''], 'one empty line'],
    ['a', ['a'], 'a last line without line feed'],
    ['a\n', ['a'], 'no line after the last line feed'],
    ['\n\n', ['', ''], 'each line feed ends a line'],
  ])('reads %j as %j: %s', (text, lines) => {
    expect(linesOf([Buffer.from(text)])).toEqual(lines)
  })

  it('counts the bytes of the line begun, also of one that is too long, so that a reader knows where to go on', () => {
    const splitter = createLineSplitter(MAX, ignore, ignore)
    const pending = ['ab\ncd', 'e', '\n', 'x'.repeat(10), 'x'.repeat(10), '\nz'].map((text) => {
      splitter.push(Buffer.from(text))
      return splitter.pendingBytes
    })
    expect(pending).toEqual([2, 3, 0, 10, 20, 1])
  })

  it('forgets the line begun on reset', () => {
    const lines: string[] = []
    const splitter = createLineSplitter(MAX, (bytes, start, end) => lines.push(bytes.toString('latin1', start, end)), ignore)
    splitter.push(Buffer.from('half of a li'))
    splitter.reset()
    splitter.push(Buffer.from('whole\n'))
    expect(lines).toEqual(['whole'])
  })
})

function ignore(): void {}

/** Lines as Latin-1 text; the length alone for those that were skipped. */
function linesOf(chunks: readonly Uint8Array[]): (string | number)[] {
  const lines: (string | number)[] = []
  const splitter = createLineSplitter(
    MAX,
    (bytes, start, end) => lines.push(bytes.toString('latin1', start, end)),
    (length) => lines.push(length),
  )
  for (const chunk of chunks) splitter.push(chunk)
  splitter.finish()
  return lines
}
