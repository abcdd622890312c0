import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLineParser, LOG_FORMATS } from '../../../rules/requests/log-format.ts'
import { createMasker } from '../../../rules/requests/mask-account.ts'
import { requestText } from '../../../rules/requests/request-text.ts'
import { readSampleLog, SAMPLE_CITIZEN_ID, SAMPLE_KEY } from '../../support/sample-log.ts'

const FOLDER = new URL('../../logs/', import.meta.url)
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.log'))
const mask = createMasker(SAMPLE_KEY)

describe.each(FILES)('createLineParser on %s', (file) => {
  const format = LOG_FORMATS.find((name) => file.startsWith(`${name}.`)) ?? 'nginx-json'
  const parser = createLineParser(format, { key: SAMPLE_KEY })
  const lines = readSampleLog(new URL(file, FOLDER).pathname)

  it('finds samples', () => {
    expect(lines.length).toBeGreaterThan(10)
  })

  // In the order of the file: a token names the requests after it.
  it.each(lines)('$reason', ({ bytes, expected }) => {
    const request = parser.parse(bytes)
    const text = request === undefined ? 'null' : requestText(request, mask)
    expect(text).toBe(expected)
    expect(text).not.toContain(SAMPLE_CITIZEN_ID)
    expect(parser.lastFault === undefined).toBe(request !== undefined)
  })

  it('gives the same answers when the lines stand in one chunk', () => {
    const again = createLineParser(format, { key: SAMPLE_KEY })
    const chunk = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))
    let start = 0
    const answers = lines.map(({ bytes }) => {
      const request = again.parse(chunk, start, start + bytes.length)
      start += bytes.length + 1
      return request === undefined ? 'null' : requestText(request, mask)
    })
    expect(answers).toEqual(lines.map(({ expected }) => expected))
  })
})
