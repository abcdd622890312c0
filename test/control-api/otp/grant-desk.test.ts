import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGrantDesk, type GrantDesk, type GrantPublisher } from '../../../control-api/otp/grant-desk.ts'
import { giveGrant, revokeGrant } from '../../../control-api/otp/grant-rows.ts'
import { enterOfficer } from '../../../control-api/otp/officers.ts'
import { createOtpKeys } from '../../../control-api/otp/otp-keys.ts'
import { createSmsDesk } from '../../../control-api/sms/sms-desk.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import { formatGrants, type GrantsDocument, parseGrants } from '../../../rules/grants/grants-document.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSeededBytes, GATE_KEY } from '../../support/control-app.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { anOfficer } from '../../support/officers.ts'

const SOMEBODY = { person: 'an', role: 'operator' } as const
const MINUTE_MS = 60_000

async function createGrantLab() {
  const clock = createMovableClock(Date.UTC(2026, 2, 2))
  const store = await createSqliteStore({ path: ':memory:', clock })
  onTestFinished(() => store[Symbol.asyncDispose]())
  const randomBytes = createSeededBytes('grants')
  const keys = createOtpKeys(randomBytes(32), randomBytes)
  const log = pino({ level: 'silent' })
  const documents: GrantsDocument[] = []
  const publisher: GrantPublisher = {
    sideVersion: () => documents.length,
    async readSide() {
      const newest = documents.at(-1)
      return newest === undefined ? undefined : formatGrants(newest)
    },
    async publishSide(_kind, make) {
      documents.push(parseGrants(make(documents.length + 1, clock.nowMs())))
      return documents.length
    },
  }
  const start = (gateKeys = [GATE_KEY], policy = { idleMinutes: 30, grantHours: 12 }): GrantDesk => {
    const tokensOf = (account: string) => gateKeys.map((key) => gateToken(key, account))
    return createGrantDesk({
      store,
      publisher,
      clock,
      log,
      sealer: keys.sealer,
      readTokens: async () => tokensOf,
      clockSkewS: 60,
      ...policy,
    })
  }
  const sms = createSmsDesk({ store, clock, log, senders: [], sealer: keys.sealer, randomBytes, keepDays: 1, isOn: true })
  const officerIds = new Map<string, string>()
  const give = (word: string) =>
    store.transact(SOMEBODY, async (tx) => {
      const parts = { keys, sms, nowMs: clock.nowMs(), randomBytes }
      const known = officerIds.get(word)
      const id =
        known ?? (await enterOfficer(tx, SOMEBODY, anOfficer(word), { dispatch: '1232/BHXH-CNTT', importId: null }, parts))
      officerIds.set(word, id)
      return giveGrant(tx, SOMEBODY, { officerId: id, nowMs: clock.nowMs(), hours: 12, randomBytes })
    })
  const use = (desk: GrantDesk, word: string, agoMs = 0, key = GATE_KEY) =>
    desk.takeUses({
      sentAt: Math.floor(clock.nowMs() / 1000),
      uses: [{ token: gateToken(key, anOfficer(word).account), usedAt: Math.floor((clock.nowMs() - agoMs) / 1000) }],
    })
  return { clock, store, documents, start, give, use }
}

describe('the grant desk', () => {
  it('signs nothing while there is nothing, and nothing anew while nothing changes', async () => {
    const { clock, documents, start, give } = await createGrantLab()
    const desk = start()
    await desk.work()
    expect(documents).toEqual([])
    await give('one')
    for (let round = 0; round < 5; round++) {
      await desk.work()
      clock.moveBy(10_000)
    }
    expect(documents).toHaveLength(1)
  })

  it('signs what changed at most every two seconds, the last state in the end', async () => {
    const { clock, documents, start, give, use } = await createGrantLab()
    const desk = start()
    await give('one')
    for (let tick = 0; tick < 40; tick++) {
      await desk.work()
      clock.moveBy(250)
      use(desk, 'one')
    }
    await desk.work()
    clock.moveBy(2000)
    await desk.work()
    // Ten seconds of look-ups, one each 250 ms.
    expect(documents.length).toBeLessThanOrEqual(7)
    expect(documents.at(-1)?.grants[0]?.usedAt).toBe('2026-03-02T00:00:10.000Z')
  })

  it('names an account under every key that edges may hold, and takes uses under each', async () => {
    const { clock, documents, start, give, use } = await createGrantLab()
    const older = new Uint8Array(32).fill(9)
    const desk = start([GATE_KEY, older])
    await give('one')
    await desk.work()
    expect(documents[0]?.grants.map(({ token }) => token).sort()).toEqual(
      [GATE_KEY, older].map((key) => gateToken(key, anOfficer('one').account)).sort(),
    )
    clock.moveBy(MINUTE_MS)
    expect(use(desk, 'one', 0, older)).toEqual({ renewed: 1, refused: 0 })
    await desk.work()
    expect(new Set(documents[1]?.grants.map(({ usedAt }) => usedAt))).toEqual(new Set(['2026-03-02T00:01:00.000Z']))
  })

  it('keeps a lapsed grant in the document until its hard end, for an edge whose uses are late, and believes these', async () => {
    const { clock, documents, start, give, use } = await createGrantLab()
    const desk = start()
    await give('one')
    await desk.work()
    clock.moveBy(40 * MINUTE_MS)
    expect(desk.figures()).toMatchObject({ held: 1, live: 0 })
    use(desk, 'one', 15 * MINUTE_MS)
    await desk.work()
    expect([documents.at(-1)?.grants[0]?.usedAt, desk.figures().live]).toEqual(['2026-03-02T00:25:00.000Z', 1])
    clock.moveBy(12 * 60 * MINUTE_MS)
    await desk.work()
    expect(documents.at(-1)?.grants).toEqual([])
  })

  it('takes no use of the future, and no message of a clock that differs by too much', async () => {
    const { clock, start, give, use } = await createGrantLab()
    const desk = start()
    await give('one')
    await desk.work()
    clock.moveBy(MINUTE_MS)
    expect(use(desk, 'one', -10_000)).toEqual({ renewed: 0, refused: 1 })
    expect(codeOf(() => desk.takeUses({ sentAt: clock.nowMs() / 1000 + 90, uses: [] }))).toBe('CLOCKS_DIFFER')
    // An edge that is 50 s behind says so by the time at which it sends.
    const token = gateToken(GATE_KEY, anOfficer('one').account)
    const sentAt = clock.nowMs() / 1000 - 50
    expect(desk.takeUses({ sentAt, uses: [{ token, usedAt: sentAt - 5 }] }).renewed).toBe(1)
    expect(desk.figures().uses).toEqual(
      new Map([
        ['future', 1],
        ['renewed', 1],
      ]),
    )
  })

  it('takes back at once, and a use that is still on its way brings nothing back', async () => {
    const { clock, store, documents, start, give, use } = await createGrantLab()
    const desk = start()
    const { id } = await give('one')
    await desk.work()
    clock.moveBy(2000)
    await store.transact(SOMEBODY, (tx) => revokeGrant(tx, SOMEBODY, id, 'lost phone', clock.nowMs()))
    use(desk, 'one')
    await desk.work()
    expect(documents.at(-1)?.grants).toEqual([])
    clock.moveBy(2000)
    use(desk, 'one')
    await desk.work()
    expect([documents.length, desk.figures().live]).toEqual([2, 0])
  })

  it('begins anew with another code: look-ups of the grant before do not count', async () => {
    const { clock, documents, start, give } = await createGrantLab()
    const desk = start()
    await give('one')
    await desk.work()
    clock.moveBy(31 * MINUTE_MS)
    await give('one')
    await desk.work()
    expect(documents.at(-1)?.grants).toMatchObject([
      { grantedAt: '2026-03-02T00:31:00.000Z', usedAt: '2026-03-02T00:31:00.000Z' },
    ])
  })

  it('forgets no look-up by a crash: the document that it had signed tells them', async () => {
    const { clock, documents, start, give, use } = await createGrantLab()
    const desk = start()
    await give('one')
    await desk.work()
    clock.moveBy(20 * MINUTE_MS)
    use(desk, 'one')
    await desk.work()
    expect(documents.at(-1)?.grants[0]?.usedAt).toBe('2026-03-02T00:20:00.000Z')
    // Nothing is flushed.
    clock.moveBy(3000)
    const next = start()
    await next.work()
    expect(documents.at(-1)?.grants[0]?.usedAt).toBe('2026-03-02T00:20:00.000Z')
    expect((await next.list()).map(({ used_at_ms }) => used_at_ms)).toEqual([Date.UTC(2026, 2, 2, 0, 20)])
    await next.flush()
    expect((await start().list()).map(({ used_at_ms }) => used_at_ms)).toEqual([Date.UTC(2026, 2, 2, 0, 20)])
  })

  it('signs the idle time and the hard end that policy says now, for grants given before too', async () => {
    const { clock, documents, start, give } = await createGrantLab()
    await start().work()
    await give('one')
    await start().work()
    expect(documents.at(-1)).toMatchObject({ idleMinutes: 30, grants: [{ endsAt: '2026-03-02T12:00:00.000Z' }] })
    clock.moveBy(10 * MINUTE_MS)
    await start([GATE_KEY], { idleMinutes: 15, grantHours: 1 }).work()
    expect(documents.at(-1)).toMatchObject({
      idleMinutes: 15,
      grants: [{ idleEndsAt: '2026-03-02T00:15:00.000Z', endsAt: '2026-03-02T01:00:00.000Z' }],
    })
    clock.moveBy(50 * MINUTE_MS)
    await start([GATE_KEY], { idleMinutes: 15, grantHours: 1 }).work()
    expect(documents.at(-1)?.grants).toEqual([])
  })

  it('remembers over a restart when it was last used', async () => {
    const { clock, documents, start, give, use } = await createGrantLab()
    const before = start()
    await give('one')
    await before.work()
    clock.moveBy(20 * MINUTE_MS)
    use(before, 'one')
    await before.flush()
    clock.moveBy(MINUTE_MS)
    await start().work()
    expect(documents.at(-1)?.grants[0]?.usedAt).toBe('2026-03-02T00:20:00.000Z')
  })
})
