import { read, utils } from '@e965/xlsx'
import { describe, expect, it } from 'vitest'
import type { CountRowView, PolicyRehearsalView } from '../../../control-api/rehearsal/count-view.ts'
import type { RehearsalReceipt } from '../../../control-api/rehearsal/rehearsal-desk.ts'
import type { RehearsalCounts } from '../../../rules/rehearsal/rehearsal-counts.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { aRehearsalCount, someRehearsalCounts } from '../../support/rehearsal-counts.ts'

const NOW = Date.parse('2026-11-22T10:00:00+07:00')
const DAY_MS = 86_400_000

async function aLab(config?: string) {
  const setup = await createControlAppSetup({ startMs: NOW, ...(config === undefined ? {} : { config }) })
  const agents = new Map<string, Awaited<ReturnType<typeof enrolAgent>>>()
  const tell = async (edge: string, message: RehearsalCounts) => {
    const agent = agents.get(edge) ?? (await enrolAgent(setup, edge))
    agents.set(edge, agent)
    const headers = await agent.authorize('POST', '/v1/rehearsal-counts')
    return setup.app.inject({ method: 'POST', url: '/v1/rehearsal-counts', headers, payload: message })
  }
  const get = (path: string, role: keyof ControlAppSetup['as'] = 'reader') =>
    setup.app.inject({ url: `/v1/policy-rehearsal${path}`, headers: setup.as[role] })
  const rows = async (query = '', role: keyof ControlAppSetup['as'] = 'reader') =>
    (await get(`/rows${query}`, role)).json<{ rows: CountRowView[] }>().rows
  return { ...setup, tell, get, rows }
}

describe('POST /v1/rehearsal-counts', () => {
  it('comes to the same however often and in whatever order messages come', async () => {
    const { tell, rows } = await aLab()
    const early = someRehearsalCounts([aRehearsalCount({ would: 3, lastAt: 1_795_312_800 })])
    const late = someRehearsalCounts([aRehearsalCount({ would: 5, refused: 1, lastAt: 1_795_316_400 })])
    for (const message of [late, early, late]) expect((await tell('edge-1', message)).statusCode).toBe(200)
    await tell('edge-2', early)
    expect(await rows()).toMatchObject([{ facility: '01234', would: 8, refused: 1, rule: 'shared', province: '01' }])
    expect((await rows())[0]?.lastAt).toBe(new Date(1_795_316_400_000).toISOString())
  })

  it('takes no day that has not come or is forgotten, nothing that names a citizen, and not more than a bounded number of messages', async () => {
    const { tell } = await aLab()
    const days = ['2026-11-23', '2026-11-24', '2026-01-01'].map((day) => aRehearsalCount({ day }))
    expect((await tell('edge-1', someRehearsalCounts(days))).json<RehearsalReceipt>()).toEqual({
      taken: 1,
      refused: 2,
      dropped: 0,
    })
    for (const own of [{ account: `01234_${'0'.repeat(12)}` }, { client: `HIS ${'0'.repeat(12)}` }, { source: 'x y' }])
      expect((await tell('edge-1', someRehearsalCounts([aRehearsalCount(own)]))).statusCode).toBe(400)
    for (let sent = 0; sent < 59; sent += 1) await tell('edge-1', someRehearsalCounts([]))
    const last = await tell('edge-1', someRehearsalCounts([]))
    expect([last.statusCode, last.headers['retry-after']]).toEqual([429, '60'])
  })

  it('forgets days past their time, and the oldest where there are too many rows', async () => {
    const { tell, context, clock, rows } = await aLab('rehearsal: { keepDays: 7, maxRows: 1000 }')
    await tell('edge-1', someRehearsalCounts([aRehearsalCount()]))
    clock.moveBy(8 * DAY_MS)
    await tell('edge-1', someRehearsalCounts([aRehearsalCount({ day: '2026-11-30' })]))
    expect(await rows('?from=2026-01-01')).toHaveLength(1)
    const many = Array.from({ length: 1000 }, (_, at) =>
      aRehearsalCount({ day: '2026-11-29', source: `198.51.${at >> 8}.${at & 255}` }),
    )
    await tell('edge-1', someRehearsalCounts(many))
    expect(await context.rehearsal.tend()).toBe(1)
    expect(await rows('?from=2026-01-01')).toMatchObject([{ source: '203.0.113.7' }])
  })
})

describe('RehearsalDesk.tend', () => {
  it('lets an edge that tells too much forget its own days, and nobody else any', async () => {
    const { tell, context, rows } = await aLab('rehearsal: { maxRows: 1000 }')
    await tell('edge-1', someRehearsalCounts([aRehearsalCount({ day: '2026-11-01', source: '203.0.113.9' })]))
    for (const day of ['2026-11-20', '2026-11-21', '2026-11-22']) {
      const flood = Array.from({ length: 400 }, (_, at) => aRehearsalCount({ day, client: `made up ${at}` }))
      await tell('edge-2', someRehearsalCounts(flood))
    }
    expect(await context.rehearsal.tend()).toBe(1)
    const kept = await rows('?from=2026-10-01&limit=2000')
    expect(kept.filter(({ source }) => source === '203.0.113.9')).toHaveLength(1)
    expect(kept.map(({ would }) => would).reduce((sum, would) => sum + would, 0)).toBe(801 * (aRehearsalCount().would ?? 0))
  })
})

describe('GET /v1/policy-rehearsal', () => {
  it('adds up by reason, managing province, facility, function, software and day, and says which edges told it', async () => {
    const { tell, get } = await aLab()
    const message = someRehearsalCounts([
      aRehearsalCount({ would: 4 }),
      aRehearsalCount({ day: '2026-11-20', reason: 'FUNCTION_RETIRED', function: 'KQNhanLichSuKCB595', refused: 2, would: 0 }),
      aRehearsalCount({ facility: '27001', province: null, account: 'abcdefghijklmnop', would: 9, client: '' }),
    ])
    await tell('edge-1', message)
    const view = (await get('')).json<PolicyRehearsalView>()
    expect(view).toMatchObject({
      from: '2026-10-24',
      to: '2026-11-22',
      policy: { version: null },
      edges: [{ name: 'edge-1', days: 2, policy: null }],
      reasons: [
        { key: 'SHARED_ACCOUNT', facilities: 2, would: 13 },
        { key: 'FUNCTION_RETIRED', refused: 2 },
      ],
      facilities: [{ key: '27001' }, { key: '01234' }],
      days: [
        { day: '2026-11-20', refused: 2 },
        { day: '2026-11-22', would: 13 },
      ],
    })
    // Bắc Ninh (27) is part of 24 since 2025-07-01.
    expect(view.provinces.map(({ key }) => key)).toEqual(['24', '01'])
  })

  it('shows a province what it manages, a facility itself, and neither anything else', async () => {
    const { tell, get, rows } = await aLab()
    await tell(
      'edge-1',
      someRehearsalCounts([aRehearsalCount(), aRehearsalCount({ facility: '79001', province: '79', account: '79001_BV' })]),
    )
    const facilities = async (query: string, role: 'province' | 'facility' | 'reader') =>
      (await rows(query, role)).map(({ facility }) => facility)
    expect(await facilities('', 'reader')).toHaveLength(2)
    expect(await facilities('', 'province')).toEqual(['01234'])
    expect(await facilities('?facility=79001', 'province')).toEqual([])
    expect(await facilities('', 'facility')).toEqual(['01234'])
    for (const [query, role] of [
      ['?province=79', 'province'],
      ['?facility=79001', 'facility'],
    ] as const) {
      const refused = await get(query, role)
      expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([403, 'FORBIDDEN'])
    }
    for (const path of ['', '/rows', '.csv', '.xlsx']) {
      const refused = await get(`${path}?province=01`, 'facility')
      expect([refused.statusCode, refused.json<{ code: string; errors: unknown }>()]).toMatchObject([
        400,
        { code: 'BAD_FIELDS', errors: [{ path: '/querystring/province' }] },
      ])
    }
    expect((await get('?from=2026-02-30')).json<{ code: string }>().code).toBe('BAD_FIELDS')
    expect((await get('?from=2026-11-22&to=2026-11-01')).json<{ code: string }>().code).toBe('BAD_FIELDS')
  })

  it('gives CSV and a workbook in which nothing that a client sent is a formula', async () => {
    const { tell, get } = await aLab()
    await tell('edge-1', someRehearsalCounts([aRehearsalCount({ client: '=HYPERLINK("x")' })]))
    const csv = await get('.csv', 'facility')
    expect(csv.headers['content-disposition']).toContain('policy-rehearsal.csv')
    expect(csv.body).toContain(`"'=HYPERLINK(""x"")"`)
    const book = read((await get('.xlsx', 'facility')).rawPayload)
    const sheet = book.Sheets['Chi tiết'] ?? {}
    expect(utils.sheet_to_json<unknown[]>(sheet, { header: 1 })[1]?.[7]).toBe('=HYPERLINK("x")')
    expect(Object.values(sheet).some((cell: { f?: string }) => cell.f !== undefined)).toBe(false)
  })
})
