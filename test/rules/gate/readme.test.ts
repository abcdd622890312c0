import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { optionRows } from '../../../rules/config/print-config.ts'
import { GATE_REASONS } from '../../../rules/gate/gate-reason.ts'
import { GATE_RULES } from '../../../rules/gate/gate-rule.ts'
import { POLICY_OPTIONS } from '../../../rules/gate/policy-options.ts'

const text = readFileSync(new URL('../../../rules/gate/README.md', import.meta.url), 'utf8')

it('rules/gate/README.md lists the options, the reasons and the order of the rules', () => {
  expect(text).toContain(optionRows(POLICY_OPTIONS).join('\n'))
  const rows = Object.entries(GATE_REASONS).map(
    ([code, { rule, status, maKetQua, vi, en }]) => `| \`${code}\` | \`${rule}\` | ${status} | \`${maKetQua}\` | ${vi} | ${en} |`,
  )
  expect(text).toContain(rows.join('\n'))
  expect(text).toContain(GATE_RULES.map((rule) => `\`${rule}\``).join(', '))
})
