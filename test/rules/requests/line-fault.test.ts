import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { LINE_FAULTS } from '../../../rules/requests/line-fault.ts'

it('LINE_FAULTS stand in the README word for word', () => {
  const readme = readFileSync(new URL('../../../rules/README.md', import.meta.url), 'utf8')
  const missing = Object.entries(LINE_FAULTS).filter(([code, meaning]) => !readme.includes(`| \`${code}\` | ${meaning} |`))
  expect(missing).toEqual([])
})
