import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ReportFigures } from '../../../agent/replay/report-figures.ts'
import { reportPage } from '../../../agent/replay/report-page.ts'
import { LINE_FAULTS } from '../../../rules/requests/line-fault.ts'
import { aVerdict, hoursOf, someAccount, someFigures, someTotals } from '../../support/report-figures.ts'
import { dayStartMs } from '../../support/scenarios/request.ts'

const EVIL = `<img src=x onerror=alert(1)>"'&`
const HOUR_MS = 3_600_000
const EIGHT = dayStartMs('2026-03-02') + 8 * HOUR_MS

const flagged = someAccount({ verdicts: [aVerdict()] })

/** Figures with a hostile text wherever a text can stand. */
const hostile: ReportFigures = someFigures({
  files: [{ name: EVIL, lines: 1, requests: 1, faults: {} }],
  accounts: [
    someAccount({
      account: EVIL,
      facility: EVIL,
      verdicts: [
        aVerdict({
          account: EVIL,
          rule: EVIL,
          sources: [EVIL],
          evidence: { vi: EVIL, en: EVIL },
        }),
        aVerdict(),
      ],
    }),
  ],
  provinces: [{ code: EVIL, facilities: 1, accounts: 1, lookups: 1, told: 1, persons: 1, flagged: 1, suspended: 1 }],
})

describe('reportPage', () => {
  it('escapes every text', () => {
    const page = reportPage(hostile)
    expect(page).not.toContain('<img')
    expect(page.match(/&#60;img src=x onerror=alert\(1\)&#62;&#34;&#39;&#38;/g)?.length).toBeGreaterThan(6)
  })

  it('is one page that loads nothing: no script, link, picture or address of another place', () => {
    const page = reportPage(someFigures({ accounts: [flagged] }))
    expect(page).not.toMatch(/<(?:script|link|img|iframe|object|embed|base|form|a)\b|\bon\w+=|url\(|@import|https?:|style="/i)
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-`)
  })

  it('allows exactly its own style', () => {
    const page = reportPage(someFigures())
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? ''
    expect(page).toContain(createHash('sha256').update(style).digest('base64'))
  })

  it('is Vietnamese first, tells English as such, and fits a phone and A4', () => {
    const page = reportPage(someFigures({ accounts: [flagged] }))
    expect(page).toMatch(/^<!doctype html>\n<html lang="vi">/)
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(page).toContain('@page{size:A4')
    expect(page).toContain('Tài khoản bị cảnh báo <span lang="en">Flagged accounts</span>')
    expect(page).toContain('Bằng chứng.<br><span lang="en">Evidence.</span>')
  })

  it('tells the period in the time of the portal, and each log with what was not read', () => {
    const page = reportPage(
      someFigures({
        totals: someTotals({ lines: 1_234_567, requests: 1_234_560, faults: { NOT_JSON: 5, BAD_TIME: 2 } }),
        files: [{ name: 'a.log', lines: 1_234_567, requests: 1_234_560, faults: { NOT_JSON: 5, BAD_TIME: 2 } }],
      }),
    )
    expect(page).toContain('08:00:00 02/03/2026 – 12:00:00 02/03/2026')
    expect(page).toContain(
      '<code>a.log</code></td><td class="n">1\u00a0234\u00a0567</td><td class="n">1\u00a0234\u00a0560</td><td class="n">7',
    )
    expect(page.indexOf('NOT_JSON')).toBeLessThan(page.indexOf('BAD_TIME'))
  })

  it.each(Object.keys(LINE_FAULTS))('has Vietnamese words for %s', (code) => {
    const page = reportPage(someFigures({ totals: someTotals({ faults: { [code]: 1 } }) }))
    expect(page).toMatch(new RegExp(`<code>${code}</code></td><td>[^<]{8,} <span lang="en">`))
  })

  it('says that nothing was read, and what to look at', () => {
    const empty = someFigures({
      totals: someTotals({ requests: 0, lines: 3, fromMs: 0, toMs: 0, faults: { NOT_JSON: 3 } }),
      accounts: [],
      provinces: [],
      lookups: 0,
      persons: 0,
      hours: hoursOf(),
    })
    const page = reportPage(empty)
    expect(page).toContain('Không đọc được yêu cầu nào trong nhật ký.')
    expect(page).toContain('NOT_JSON')
    expect(page).not.toContain('<svg')
    expect(page).not.toContain('1970')
  })

  it('draws nothing where requests came but no look-up', () => {
    const page = reportPage(someFigures({ accounts: [], lookups: 0, hours: hoursOf(), provinces: [] }))
    expect(page).toContain('Không có tài khoản nào bị cảnh báo.')
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('puts who was to be suspended before who was named, and the busier before the others', () => {
    const page = reportPage(
      someFigures({
        accounts: [
          someAccount({ account: '00001_BV', lookups: 900, verdicts: [aVerdict({ action: 'watch' })] }),
          someAccount({ account: '00002_BV', lookups: 300, verdicts: [aVerdict(), aVerdict({ action: 'release' })] }),
          someAccount({ account: '00003_BV', lookups: 500, verdicts: [aVerdict()] }),
          someAccount({ account: '00004_BV', lookups: 99 }),
        ],
      }),
    )
    const cases = [...page.matchAll(/<h3><code>(\d+_BV)<\/code> · ([^<]+) </g)].map(([, account, action]) => [account, action])
    expect(cases).toEqual([
      ['00003_BV', 'phải tạm khóa'],
      ['00002_BV', 'phải tạm khóa'],
      ['00001_BV', 'cần theo dõi'],
    ])
  })

  it('draws a bar for each hour with look-ups, and a line for each verdict at its hour', () => {
    const hours = hoursOf(EIGHT, EIGHT, EIGHT + 3 * HOUR_MS)
    const page = reportPage(
      someFigures({ hours, accounts: [someAccount({ hours, verdicts: [aVerdict({ atMs: EIGHT + HOUR_MS / 2 })] })] }),
    )
    const plot = page.slice(page.indexOf('<article'))
    expect(plot).toContain('viewBox="0 0 24 100"')
    expect(plot).toContain(
      '<rect class="bar" x="8" y="0" width="0.9" height="100"/><rect class="bar" x="11" y="50" width="0.9" height="50"/>',
    )
    expect(plot).toContain('<line class="mark suspend" x1="8.5" x2="8.5" y1="0" y2="100"/>')
  })

  it.each([
    [13, 312, 1],
    [15, 180, 2],
    [60, 288, 5],
    [366, 326, 27],
  ])('shows %i days in %i bars of %i hours', (days, bars, hours) => {
    const page = reportPage(someFigures({ totals: someTotals({ toMs: EIGHT + (days - 1) * 24 * HOUR_MS }) }))
    expect(page).toContain(`viewBox="0 0 ${bars} 100"`)
    expect(page).toContain(hours === 1 ? 'mỗi cột 1 giờ' : `mỗi cột ${hours} giờ`)
  })

  it('names the provinces by the codes of their facilities, and who took them over once the log reaches so far', () => {
    const provinces = ['15', '01', undefined].map((code) => ({
      code,
      facilities: 1,
      accounts: 2,
      lookups: 3,
      told: 0,
      persons: 0,
      flagged: 0,
      suspended: 0,
    }))
    const before = Date.parse('2025-06-30T23:59:59+07:00')
    expect(reportPage(someFigures({ provinces }))).toContain('Yên Bái · 15xxx<br><small>từ 01/07/2025: Lào Cai')
    const old = reportPage(someFigures({ provinces, totals: someTotals({ fromMs: before, toMs: before }) }))
    expect(old).toContain('<td>Yên Bái · 15xxx</td>')
    expect(old).toContain('không rõ cơ sở')
    expect(old).toContain(
      '<td>Hà Nội · 01xxx</td><td class="n">1</td><td class="n">2</td><td class="n">3</td><td class="n">–</td>',
    )
  })

  it('shows no run of digits that could be an identifier, also from the name of a file', () => {
    const page = reportPage(
      someFigures({
        accounts: [flagged],
        files: [{ name: `case-${'9'.repeat(12)}.log`, lines: 123_456_789_012, requests: 123_456_789_012, faults: {} }],
      }),
    )
    expect(page.replace(/sha256-[^&]+/, '')).not.toMatch(/\d{10}/)
    expect(page).toContain('case-••••••••••••.log')
  })
})
