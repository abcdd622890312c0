import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROOT_FOLDER } from '../../support/place.ts'

it('the spellings that HAProxy knows are those that findAccount takes', () => {
  const text = readFileSync(`${ROOT_FOLDER}/docs/haproxy/edgeward-spellings.lua`, 'utf8')
  const known = new Map<number, string>()
  for (const [, from = '', to = '', kind = '', written = ''] of text.matchAll(
    /(?<![0-9a-f])([0-9a-f]+)-([0-9a-f]+)([=+])(\S*)/g,
  )) {
    const first = Number.parseInt(from, 16)
    for (let code = first; code <= Number.parseInt(to, 16); code += 1)
      known.set(code, kind === '+' ? String(Number(written) + code - first) : written.replaceAll('.', ' '))
  }
  const wanted = new Map<number, string>()
  for (let code = 0x80; code <= 0x10_ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const plain = String.fromCodePoint(code)
      .normalize('NFKC')
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .replace(/\s/g, ' ')
    if (/^[0-9_BVTCbvtc ]*$/.test(plain)) wanted.set(code, plain)
  }
  expect(known).toEqual(wanted)
})
