import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, ROOT } from './source-files.ts'

const FILES = [
  'README.md',
  ...filesBelow(
    ['rules', 'agent', 'control-api', 'systemd', 'test', 'bench', 'docs'],
    ['.ts', '.md', '.json', '.yaml', '.yml', '.log', '.conf', '.csv', '.nft'],
  ),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

describe('nothing that looks like an identity or a secret stands in the tree', () => {
  it.each([
    ['an insurance card number', /\b[A-Z]{2}[1-5]\d{12}\b/],
    ['a citizen ID (twelve digits, province and century)', /\b0(?:0[1-9]|[1-8]\d|9[0-6])[0-3]\d{8}\b/],
    ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]/],
    ['a signed token', /\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/],
  ])('%s', (_what, pattern) => {
    expect(FILES.filter((file) => pattern.test(file.text)).map((file) => file.path)).toEqual([])
  })
})
