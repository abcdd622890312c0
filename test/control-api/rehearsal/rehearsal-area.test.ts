import { read } from '@e965/xlsx'
import { describe, expect, it } from 'vitest'
import { publishPolicy } from '../../../control-api/policy/publish-policy.ts'
import type { RehearsalCount } from '../../../rules/rehearsal/rehearsal-counts.ts'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { aRehearsalCount, someRehearsalCounts } from '../../support/rehearsal-counts.ts'

const NOW = Date.parse('2026-11-22T10:00:00+07:00')
const RETIRED = { reason: 'FUNCTION_RETIRED', function: 'KQNhanLichSuKCB595', would: 0, refused: 4 } as const

async function aLab(counts?: readonly RehearsalCount[]) {
  const setup = await createControlAppSetup({ startMs: NOW })
  if (counts !== undefined) {
    const agent = await enrolAgent(setup, 'edge-1')
    const headers = await agent.authorize('POST', '/v1/rehearsal-counts')
    const payload = someRehearsalCounts(counts)
    const answer = await setup.app.inject({ method: 'POST', url: '/v1/rehearsal-counts', headers, payload })
    expect(answer.statusCode).toBe(200)
  }
  const browse = async (role: keyof ControlAppSetup['as']) => {
    const browser = createConsoleBrowser(setup.app)
    await browser.signIn(setup.as[role].authorization)
    const first = await browser.get('/console/rehearsal')
    return { ...browser, first }
  }
  return { ...setup, browse }
}

describe('the page of a facility', () => {
  it('says in Vietnamese what to change, since when, with what, and whom to call', async () => {
    const { browse, context, files } = await aLab([
      aRehearsalCount({ would: 7 }),
      aRehearsalCount({ ...RETIRED, client: 'HIS <b>9</b>' }),
      aRehearsalCount({ facility: '79001', province: '79', account: '79001_BV', client: 'SECRET/1.0' }),
    ])
    const policy = 'contact: { vi: "Gọi 1900 9068.", en: Call 1900 9068. }\nshared: { enforceFrom: 2027-01-01T00:00+07:00 }\n'
    await publishPolicy({ ...context, repository: files }, { person: 'approver-1', role: 'approver' }, policy)
    const { first, ...facility } = await browse('facility')
    expect(first.statusCode).toBe(200)
    for (const text of [
      'Những gì cơ sở phải thay đổi',
      'Dùng chức năng đã ngừng',
      'ngừng từ 00:00 01/08/2024',
      '<code>KQNhanLichSuKCB2024</code>',
      'Sẽ bị từ chối từ 00:00 01/01/2027, còn 40 ngày.',
      '01/dk-ctn',
      'cơ sở chưa đăng ký',
      'HIS &#60;b&#62;9&#60;/b&#62;',
      'Gọi 1900 9068.',
    ])
      expect(first.body).toContain(text)
    // What bites already stands first.
    expect(first.body.indexOf('Dùng chức năng đã ngừng')).toBeLessThan(first.body.indexOf('Dùng tài khoản chung của cơ sở'))
    expect(first.body).not.toMatch(/SECRET|79001|<script| style=| on[a-z]+=/)
    expect(first.headers['content-security-policy']).toContain("default-src 'none'")
    const other = await facility.get('/console/rehearsal/facility?facility=79001')
    expect([other.statusCode, other.body.includes('chỉ xem được số liệu của cơ sở 01234')]).toEqual([403, true])
  })

  it('tells that there is nothing to change, and that nothing is known yet', async () => {
    const other = await aLab([aRehearsalCount({ facility: '79001', account: null })])
    expect((await other.browse('facility')).first.body).toContain('Không có việc gì phải sửa')
    const none = await aLab()
    expect((await none.browse('facility')).first.body).toContain('Chưa có số liệu')
    expect((await none.browse('reader')).first.body).toContain('Chưa cổng nào gửi số liệu')
  })

  it('gives its own rows as a workbook and CSV', async () => {
    const { browse } = await aLab([aRehearsalCount({ would: 7 }), aRehearsalCount({ facility: '79001', account: null })])
    const facility = await browse('facility')
    const csv = await facility.get('/console/rehearsal/file?kind=csv')
    expect(csv.headers['content-disposition']).toBe('attachment; filename="rehearsal-01234-2026-11-22.csv"')
    expect(csv.body).not.toContain('79001')
    const book = read((await facility.get('/console/rehearsal/file?kind=xlsx')).rawPayload)
    expect(book.SheetNames).toContain('Chi tiết')
  })
})

describe('the overview', () => {
  it('shows central all provinces, and a province the facilities that it manages', async () => {
    const counts = [aRehearsalCount({ would: 7 }), aRehearsalCount({ facility: '79001', province: '79', account: '79001_BV' })]
    const { browse } = await aLab(counts)
    const central = await browse('reader')
    expect(central.first.body).toContain('Theo tỉnh')
    for (const link of ['province=79', 'facility=01234', 'facility=79001']) expect(central.first.body).toContain(link)
    const province = await browse('province')
    expect(province.first.body).toContain('facility=01234')
    expect(province.first.body).not.toMatch(/79001|Theo tỉnh/)
    expect((await province.get('/console/rehearsal/facility?facility=01234')).body).toContain('Những gì cơ sở phải thay đổi')
    expect((await province.get('/console/rehearsal?province=79')).statusCode).toBe(403)
    for (const [query, words] of [
      ['from=soon', 'Từ ngày: ngày không hợp lệ'],
      ['to=soon', 'Đến ngày: ngày không hợp lệ'],
      ['province=7', 'Mã tỉnh gồm 2 chữ số'],
      ['facility=abc', 'Mã CSKCB gồm 5 chữ số'],
    ] as const) {
      const answer = await province.get(`/console/rehearsal?${query}`)
      expect([query, answer.statusCode, answer.body.includes(words)]).toEqual([query, 400, true])
    }
  })

  it.each(['operator', 'approver'] as const)('shows an %s of one province what a province sees', async (role) => {
    const counts = [aRehearsalCount({ would: 7 }), aRehearsalCount({ facility: '79001', province: '79', account: '79001_BV' })]
    const lab = await aLab(counts)
    const browser = createConsoleBrowser(lab.app)
    await browser.signIn((await lab.token('of-79', role, '79')).authorization)
    const page = await browser.get('/console/rehearsal')
    expect(page.body).toContain('facility=79001')
    expect(page.body).not.toMatch(/01234|Theo tỉnh/)
    expect((await browser.get('/console/rehearsal?province=01')).statusCode).toBe(403)
    expect((await browser.get('/console/rehearsal/facility?facility=01234')).body).not.toContain('01234_BV')
    expect((await browser.get('/console/rehearsal/file?kind=csv')).body).not.toContain('01234')
  })

  it('is shut for whoever has not signed in, and for other roles', async () => {
    const { app, browse } = await aLab()
    expect((await app.inject({ url: '/console/rehearsal' })).headers.location).toBe('/console/sign-in?to=%2Fconsole%2Frehearsal')
    const assessor = await browse('assessor')
    expect((await assessor.get('/console/rehearsal')).statusCode).toBe(403)
  })
})
