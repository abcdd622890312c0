import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { WATCH_OPTIONS } from '../../../agent/watch/watch-options.ts'
import { optionRows } from '../../../rules/config/print-config.ts'
import { DEFAULT_DETECT_POLICY, DETECT_OPTIONS } from '../../../rules/detect/detect-policy.ts'

function readText(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
}

describe('the READMEs of detection', () => {
  it.each([
    ['rules/detect/README.md', DETECT_OPTIONS],
    ['agent/watch/README.md', WATCH_OPTIONS],
  ])('%s has the table of options', (path, table) => {
    expect(readText(path)).toContain(optionRows(table).join('\n'))
  })

  it('tell the limits that hold', () => {
    const grouped = (value: number) => value.toLocaleString('en')
    const rows = DEFAULT_DETECT_POLICY.absolute.limits.map(
      ({ window, lookups, perDailyVisit, atLeast, atMost }) =>
        `| ${window.replace(/(\d+)/, '$1 ')} | ${grouped(lookups)} | ${perDailyVisit} | ${grouped(atLeast)} | ${grouped(atMost)} |`,
    )
    expect(readText('rules/detect/README.md')).toContain(rows.join('\n'))
  })
})
