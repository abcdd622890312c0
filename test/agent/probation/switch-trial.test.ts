import { describe, expect, it } from 'vitest'
import { createFakeLockout } from '../../fakes/fake-lockout.ts'
import { settle } from '../../fakes/fake-time.ts'
import { type AgentLab, createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** From the lab's start to the date. */
const AHEAD_MS = 7 * MINUTE_MS
const DATE_MS = LAB_START_MS + AHEAD_MS
const SICK = { isWell: false, reason: 'http://portal.example/ answered 502' } as const
const WELL = { isWell: true } as const

/** Observes until some minutes after the lab's start. */
function aList(revision = 412): Uint8Array {
  return revisionBytes({
    revision,
    publishedAt: new Date(LAB_START_MS - HOUR_MS).toISOString(),
    mode: 'observe',
    enforceFrom: new Date(DATE_MS).toISOString(),
    entries: [anEntry('20.0.0.1'), anEntry(`20.0.1.${revision % 250}`)],
  })
}

async function observing(hasProbe = true) {
  const lockout = createFakeLockout({ hasProbe })
  const lab = createAgentLab({ lockout, config: { probe: { withinS: 30, attempts: 3 } } })
  lab.source.publish(412, aList())
  await lab.start()
  await lab.time.advance(MINUTE_MS)
  expect(lab.firewall.program?.mode).toBe('observe')
  return { lab, lockout, portal: lockout.probe }
}

/** The portal answers as long as strangers pass. */
const sickWhileEnforcing = (lab: AgentLab) => () => (lab.firewall.program?.mode === 'enforce' ? SICK : WELL)
const codes = (lab: AgentLab) => lab.agent.status().faults.map(({ code }) => code)

describe('the switch to enforce at its date', () => {
  it('stays, and the next boot begins with it, where the portal answers', async () => {
    const { lab } = await observing()
    await lab.time.advance(AHEAD_MS)
    expect(lab.agent.status()).toMatchObject({
      inForce: { revision: 412, mode: 'enforce' },
      probe: { revision: 412, outcome: 'passed', isSwitch: true },
      faults: [],
    })
    expect(lab.bootFiles.kept.get('last-good')).toContain('mode enforce')
  })

  it('is taken back where the portal fails after it, told, remembered, and not made again', async () => {
    const { lab, lockout, portal } = await observing()
    portal?.answer(sickWhileEnforcing(lab))
    await lab.time.advance(AHEAD_MS + 2 * MINUTE_MS)
    expect(lab.agent.status()).toMatchObject({ inForce: { revision: 412, mode: 'observe' }, probe: { outcome: 'went-back' } })
    expect(codes(lab)).toEqual(['SWITCH_HELD_BACK'])
    expect(lab.bootFiles.kept.get('last-good')).toContain('mode observe')
    expect(lockout.probation.record).toMatchObject({ unconfirmed: null, switchHeldBack: { revision: 412 } })
    const { applied } = lab.firewall
    await lab.time.advance(AHEAD_MS)
    expect(lab.firewall.applied).toEqual(applied)
    const next = await lab.restart()
    await next.time.advance(5 * MINUTE_MS)
    expect([next.firewall.program?.mode, codes(next)]).toEqual(['observe', ['SWITCH_HELD_BACK']])
  })

  it('that was taken back is made again once a person releases it', async () => {
    const { lab, lockout, portal } = await observing()
    portal?.answer(sickWhileEnforcing(lab))
    await lab.time.advance(AHEAD_MS + MINUTE_MS)
    portal?.answer(WELL)
    lockout.orders.give({
      kind: 'release',
      id: '0123456789abcdef',
      revision: 412,
      at: new Date(lab.time.nowMs()).toISOString(),
      why: 'the portal is repaired',
      by: 'root',
    })
    await settle()
    await lab.time.advance(MINUTE_MS)
    expect([lab.firewall.program?.mode, codes(lab)]).toEqual(['enforce', []])
  })

  it('that was taken back does not hold a newer revision back', async () => {
    const { lab, portal } = await observing()
    portal?.answer(sickWhileEnforcing(lab))
    await lab.time.advance(AHEAD_MS + MINUTE_MS)
    portal?.answer(WELL)
    lab.source.publish(413, aList(413))
    await lab.time.advance(10 * MINUTE_MS)
    expect(lab.firewall.program).toMatchObject({ revision: 413, mode: 'enforce' })
    expect(codes(lab)).toEqual([])
  })

  it('stays where the portal failed before it already', async () => {
    const { lab, portal } = await observing()
    portal?.answer(SICK)
    await lab.time.advance(AHEAD_MS + MINUTE_MS)
    expect(lab.agent.status()).toMatchObject({ inForce: { mode: 'enforce' }, probe: { outcome: 'kept', isSwitch: true } })
  })

  it('that fails is told and tried again within seconds', async () => {
    const { lab } = await observing()
    lab.firewall.failNext('apply', 'before')
    await lab.time.advance(DATE_MS - lab.time.nowMs() + 100)
    expect([lab.firewall.program?.mode, codes(lab)]).toEqual(['observe', ['REFUSED']])
    await lab.time.advance(3000)
    expect([lab.firewall.program?.mode, codes(lab)]).toEqual(['enforce', []])
  })

  it('whose way back fails is tried again until it observes', async () => {
    const { lab, portal } = await observing()
    portal?.answer(() => {
      if (lab.firewall.program?.mode !== 'enforce') return WELL
      lab.firewall.failNext('apply', 'before')
      return SICK
    })
    await lab.time.advance(AHEAD_MS + MINUTE_MS)
    portal?.answer(WELL)
    await lab.time.advance(5 * MINUTE_MS)
    expect([lab.firewall.program?.mode, codes(lab)]).toEqual(['observe', ['SWITCH_HELD_BACK']])
  })

  it('is on trial after a start past the date too: the rules stay as they were found until the portal was asked', async () => {
    const { lab, portal } = await observing()
    await lab.stop()
    lab.time.setClock(DATE_MS + HOUR_MS)
    portal?.answer(sickWhileEnforcing(lab))
    const next = await lab.restart()
    await next.time.advance(MINUTE_MS)
    expect([next.firewall.program?.mode, codes(next)]).toEqual(['observe', ['SWITCH_HELD_BACK']])
  })

  it.each([
    ['fails: the edge observes again', SICK, 'observe'],
    ['answers: it stays', WELL, 'enforce'],
  ] as const)('cut short by a crash is settled by the next start: the portal %s', async (_, answer, mode) => {
    const { lab, lockout, portal } = await observing()
    portal?.answer(() => {
      if (lab.firewall.program?.mode === 'enforce') portal.hold()
      return lab.firewall.program?.mode === 'enforce' ? SICK : WELL
    })
    await lab.time.advance(AHEAD_MS)
    expect(lockout.probation.record.unconfirmed).toMatchObject({ revision: 412, isSwitch: true, wasWell: true })
    await lab.stop()
    const fresh = createFakeLockout({ hasProbe: true })
    fresh.probe?.answer(() => (lab.firewall.program?.mode === 'enforce' ? answer : WELL))
    const next = await lab.restart({ lockout: { ...fresh, probation: lockout.probation } })
    await next.time.advance(2 * MINUTE_MS)
    expect(next.firewall.program?.mode).toBe(mode)
    expect(lockout.probation.record.unconfirmed).toBeNull()
  })

  it('made by a clock that was ahead is taken back, without a question, when the clock is set right', async () => {
    const { lab } = await observing()
    lab.time.setClock(DATE_MS + 5 * HOUR_MS)
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program?.mode).toBe('enforce')
    lab.time.setClock(LAB_START_MS + 2 * MINUTE_MS)
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program?.mode).toBe('observe')
    await lab.time.advance(AHEAD_MS)
    expect(lab.firewall.program?.mode).toBe('enforce')
  })

  it('is not undone by a clock that goes back once central took a report after the date, also after a restart', async () => {
    const { lab } = await observing(false)
    await lab.time.advance(AHEAD_MS + 10 * MINUTE_MS)
    lab.time.setClock(LAB_START_MS)
    await lab.time.advance(2 * MINUTE_MS)
    expect([lab.firewall.program?.mode, codes(lab)]).toEqual(['enforce', ['CLOCK_BACK']])
    const next = await lab.restart()
    lab.time.setClock(LAB_START_MS)
    await next.time.advance(2 * MINUTE_MS)
    expect([next.firewall.program?.mode, codes(next)]).toEqual(['enforce', ['CLOCK_BACK']])
    next.time.setClock(DATE_MS + HOUR_MS)
    await next.time.advance(2 * MINUTE_MS)
    expect([next.firewall.program?.mode, codes(next)]).toEqual(['enforce', []])
  })
})
