import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { byToken } from '../../../rules/documents/by-token.ts'
import { signedDocument } from '../../../rules/documents/signed-document.ts'

const Sample = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    rows: Type.Array(Type.Object({ token: Type.String(), size: Type.Number() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
)

class SampleError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const SAMPLES = signedDocument(
  {
    what: 'a sample',
    schema: Sample,
    arrange: (document) => ({ ...document, rows: byToken(document.rows) }),
    check({ version }) {
      if (version === 13) throw new SampleError('UNLUCKY', 'Cannot take 13')
    },
    fail: (fault, message) => new SampleError(fault, message),
  },
  1000,
)

function refusalOf(text: string | Uint8Array): readonly [string, string] {
  try {
    SAMPLES.parse(typeof text === 'string' ? Buffer.from(text) : text)
  } catch (error) {
    if (error instanceof SampleError) return [error.code, error.message]
    throw error
  }
  return ['taken', '']
}

describe('signedDocument', () => {
  it('writes one text for one document, whatever the order of keys and rows, and reads that', () => {
    const rows = [
      { size: 2, token: 'b' },
      { token: 'a', size: 1 },
    ]
    const bytes = SAMPLES.format({ rows, version: 1 })
    expect(Buffer.from(bytes).toString()).toBe('{"version":1,"rows":[{"token":"a","size":1},{"token":"b","size":2}]}\n')
    expect(SAMPLES.parse(bytes)).toEqual({ version: 1, rows: [rows[1], rows[0]] })
  })

  it.each<[string, string, string]>([
    ['NOT_CANONICAL', '{"version":1,"rows":[]}', 'no line feed'],
    ['NOT_CANONICAL', '{"version":1,"rows":[]}\n\n', 'two of them'],
    ['NOT_CANONICAL', '{"version":1.0,"rows":[]}\n', 'a number written otherwise'],
    ['NOT_CANONICAL', '{"version":2,"version":1,"rows":[]}\n', 'a key behind a second one of its name'],
    ['NOT_CANONICAL', '{"rows":[],"version":1}\n', 'keys in another order'],
    ['NOT_CANONICAL', '{"version":1,"rows":[{"token":"b","size":1},{"token":"a","size":1}]}\n', 'rows in another order'],
    ['NOT_CANONICAL', '{"version":1,"rows":[{"token":"\\u0061","size":1}]}\n', 'a letter written otherwise'],
    ['FIELD', '{"version":1,"rows":[{"token":"\xff","size":1}]}\n', 'bytes that are no UTF-8'],
    ['UNLUCKY', '{"version":13,"rows":[]}\n', 'what no schema can say'],
    ['FIELD', '', '0 bytes'],
    ['FIELD', '{"version":1,"rows":[', 'half of it'],
    ['FIELD', '\u{feff}{"version":1,"rows":[]}\n', 'a byte order mark'],
    ['FIELD', 'null\n', 'no object'],
    ['TOO_LARGE', ' '.repeat(1001), 'more than central writes'],
  ])('refuses with %s %j: %s', (code, text) => {
    expect(refusalOf(Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8'))[0]).toBe(code)
  })

  it('names every wrong field by its path', () => {
    const text = '{"version":0,"more":1,"rows":[{"token":"a","size":"1"},{"token":"a"},{"token":1,"size":1,"x":1}]}\n'
    const words = refusalOf(text)[1].replace('Cannot read a sample: ', '').split('; ')
    expect(words.map((one) => one.split(' ')[0])).toEqual([
      '/more',
      '/version',
      '/rows/0/size',
      '/rows/1/size',
      '/rows/2/x',
      '/rows/2/token',
    ])
  })

  it('says how many more there are than it names', () => {
    const rows = Array.from({ length: 30 }, () => ({ token: 'a' }))
    expect(refusalOf(JSON.stringify({ version: 1, rows }))[1]).toMatch(
      /^Cannot read a sample: (\/rows\/\d\/size is missing; ){8}and 22 more$/,
    )
  })
})
