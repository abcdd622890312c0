import { describe, expect, it } from 'vitest'
import { createFakeLockout, type FakeLockout } from '../../fakes/fake-lockout.ts'
import { settle } from '../../fakes/fake-time.ts'
import { type AgentLab, createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'
import { anOpening } from '../../support/an-opening.ts'

const HOSPITAL = '20.0.0.1'
const CLINIC = '20.0.0.2'
const MINUTE_MS = 60_000
const NEXT_PASS_MS = 6 * MINUTE_MS
const SICK = { isWell: false, reason: 'http://portal.example/ answered 502' } as const

function aList(revision: number, ...hosts: string[]): Uint8Array {
  return revisionBytes({
    revision,
    publishedAt: new Date(LAB_START_MS - 3_600_000).toISOString(),
    entries: hosts.map((host) => anEntry(host)),
  })
}

function aLab(config: Readonly<Record<string, unknown>> = {}) {
  const lockout = createFakeLockout({ hasProbe: true })
  const lab = createAgentLab({ lockout, config: { probe: { withinS: 30, attempts: 3 }, ...config } })
  return { lab, portal: probeOf(lockout), lockout }
}

function probeOf({ probe }: FakeLockout) {
  if (probe === undefined) throw new Error('this lab has no probe')
  return probe
}

/** Revision 412 is in force and passed its trial; 413 adds the clinic and is published, not pulled. */
async function withNext(config: Readonly<Record<string, unknown>> = {}) {
  const all = aLab(config)
  all.lab.source.publish(412, aList(412, HOSPITAL))
  await all.lab.start()
  expect(all.lab.agent.status().probe).toMatchObject({ revision: 412, outcome: 'passed' })
  all.lab.source.publish(413, aList(413, HOSPITAL, CLINIC))
  return all
}

/** The portal answers until revision 413 is in the kernel, and then no more. */
function sickWith413(lab: AgentLab) {
  return () => (lab.firewall.program?.revision === 413 ? SICK : ({ isWell: true } as const))
}

const codes = (lab: AgentLab) => lab.agent.status().faults.map(({ code }) => code)

describe('a new revision on trial', () => {
  it('stays, and is remembered, where the portal answers', async () => {
    const { lab, lockout } = await withNext()
    await lab.time.advance(NEXT_PASS_MS)
    expect(lab.firewall.program?.revision).toBe(413)
    expect((await lab.memory.recall()).lastGood?.revision).toBe(413)
    expect(lockout.probation.record).toMatchObject({ unconfirmed: null, heldBack: [] })
  })

  it('stays where the portal answers at the last try', async () => {
    const { lab, portal } = await withNext()
    let asked = 0
    portal.answer(() => {
      if (lab.firewall.program?.revision !== 413) return { isWell: true }
      asked += 1
      return asked < 3 ? SICK : { isWell: true }
    })
    await lab.time.advance(NEXT_PASS_MS)
    expect([lab.firewall.program?.revision, asked]).toEqual([413, 3])
  })

  it('goes where the portal fails: the one before is back in one transaction, remembered and told why', async () => {
    const { lab, portal, lockout } = await withNext()
    portal.answer(sickWith413(lab))
    await lab.time.advance(NEXT_PASS_MS)
    expect(lab.firewall.applied).toEqual([412, 413, 412])
    expect(lab.firewall.wouldPass(CLINIC, 443)).toBe(false)
    expect(lab.agent.status()).toMatchObject({
      inForce: { revision: 412 },
      probe: { revision: 413, outcome: 'went-back', reason: SICK.reason },
      heldBack: [{ revision: 413, reason: SICK.reason }],
    })
    expect(lab.client.posted.at(-1)?.body).toMatchObject({ revision: 412, fault: { code: 'PROBE_FAILED' } })
    expect(lockout.probation.record.heldBack).toHaveLength(1)
    expect((await lab.memory.recall()).lastGood?.revision).toBe(412)
  })

  it('that failed is not taken again, also after a restart, until a newer one comes', async () => {
    const { lab, portal } = await withNext()
    portal.answer(sickWith413(lab))
    await lab.time.advance(NEXT_PASS_MS)
    portal.answer({ isWell: true })
    await lab.time.advance(NEXT_PASS_MS)
    expect(codes(lab)).toEqual(['REVISION_HELD_BACK'])
    const next = await lab.restart()
    await next.time.advance(NEXT_PASS_MS)
    expect([next.firewall.program?.revision, codes(next)]).toEqual([412, ['REVISION_HELD_BACK']])
    next.source.publish(414, aList(414, HOSPITAL, CLINIC))
    await next.time.advance(NEXT_PASS_MS)
    expect([next.firewall.program?.revision, codes(next)]).toEqual([414, []])
  })

  it('that failed is taken again once a person released it', async () => {
    const { lab, portal, lockout } = await withNext()
    portal.answer(sickWith413(lab))
    await lab.time.advance(NEXT_PASS_MS)
    portal.answer({ isWell: true })
    const at = new Date(lab.time.nowMs()).toISOString()
    lockout.orders.give({
      kind: 'release',
      id: '00000000000000aa',
      revision: 413,
      at,
      why: 'the backend is repaired',
      by: 'root',
    })
    await settle()
    expect([lab.firewall.program?.revision, lab.agent.status().heldBack, lockout.orders.left]).toEqual([413, [], []])
  })

  it('is not blamed where the portal failed before it already', async () => {
    const { lab, portal } = await withNext()
    portal.answer(SICK)
    await lab.time.advance(NEXT_PASS_MS)
    expect(lab.agent.status()).toMatchObject({ inForce: { revision: 413 }, probe: { outcome: 'kept' }, faults: [] })
  })

  it.each(['open', 'closed'])('that is the first goes back to %s', async (beforeFirstList) => {
    const { lab, portal } = aLab({ firewall: { beforeFirstList } })
    portal.answer(() => ((lab.firewall.program?.revision ?? 0) === 412 ? SICK : { isWell: true }))
    lab.source.publish(412, aList(412, HOSPITAL))
    await lab.start()
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.wouldPass(HOSPITAL, 443)).toBe(beforeFirstList === 'open')
    expect(lab.agent.status()).toMatchObject({ list: null, heldBack: [{ revision: 412 }] })
  })

  it('is tried with a full disk too, and that is told', async () => {
    const { lab, portal, lockout } = await withNext()
    lockout.probation.failNext()
    portal.answer(sickWith413(lab))
    await lab.time.advance(NEXT_PASS_MS)
    expect(lab.firewall.program?.revision).toBe(412)
  })

  it('leaves the kernel free for other work while the portal is asked', async () => {
    const { lab, portal, lockout } = await withNext()
    portal.answer(() => {
      if (lab.firewall.program?.revision === 413) portal.hold()
      return SICK
    })
    await lab.time.advance(NEXT_PASS_MS)
    expect(lockout.probation.record.unconfirmed).toMatchObject({ revision: 413 })
    expect(lab.firewall.wouldPass('20.7.7.7', 443)).toBe(false)
    lockout.orders.give(anOpening({ block: '20.7.7.7', at: new Date(lab.time.nowMs()).toISOString() }))
    await settle()
    expect(lab.firewall.wouldPass('20.7.7.7', 443)).toBe(true)
  })

  it('where going back fails, it is tried again each minute', async () => {
    const { lab, portal } = await withNext({ pull: { schedule: '*/30 * * * *' } })
    portal.answer(() => {
      if (lab.firewall.program?.revision !== 413) return { isWell: true }
      lab.firewall.failNext('apply', 'before')
      return SICK
    })
    await lab.time.advance(40 * MINUTE_MS)
    portal.answer({ isWell: true })
    await lab.time.advance(5 * MINUTE_MS)
    expect(lab.firewall.program?.revision).toBe(412)
  })
})

describe('a crash in the middle of a trial', () => {
  /** Revision 413 is in the kernel, its trial waits for an answer, and the process is gone. */
  async function crashed() {
    const all = await withNext()
    all.portal.answer(() => {
      if (all.lab.firewall.program?.revision === 413) all.portal.hold()
      return all.lab.firewall.program?.revision === 413 ? SICK : { isWell: true }
    })
    await all.lab.time.advance(NEXT_PASS_MS)
    expect(all.lab.firewall.program?.revision).toBe(413)
    expect(all.lockout.probation.record.unconfirmed).toMatchObject({ revision: 413, wasWell: true })
    expect((await all.lab.memory.recall()).lastGood?.revision).toBe(412)
    await all.lab.stop()
    return all
  }

  it('is settled by the next start: the portal fails, the edge goes back', async () => {
    const { lab, lockout } = await crashed()
    const fresh = createFakeLockout({ hasProbe: true })
    probeOf(fresh).answer(() => (lab.firewall.program?.revision === 413 ? SICK : { isWell: true }))
    const next = await lab.restart({ lockout: { ...fresh, probation: lockout.probation } })
    await next.time.advance(MINUTE_MS)
    expect(next.firewall.program?.revision).toBe(412)
    expect(next.agent.status().heldBack).toMatchObject([{ revision: 413 }])
    expect(lockout.probation.record.unconfirmed).toBeNull()
  })

  it('is settled by the next start: the portal answers, the revision stays and is remembered', async () => {
    const { lab, lockout } = await crashed()
    const next = await lab.restart({ lockout: { ...createFakeLockout({ hasProbe: true }), probation: lockout.probation } })
    await next.time.advance(MINUTE_MS)
    expect(next.firewall.program?.revision).toBe(413)
    expect((await next.memory.recall()).lastGood?.revision).toBe(413)
    expect(lockout.probation.record).toMatchObject({ unconfirmed: null, heldBack: [] })
  })

  it('after a reboot: the one before is in force, and the new one is tried again', async () => {
    const { lab, lockout } = await crashed()
    lab.firewall.tamper()
    const next = await lab.restart({ lockout: { ...createFakeLockout({ hasProbe: true }), probation: lockout.probation } })
    await next.time.advance(MINUTE_MS)
    expect(next.firewall.applied).toEqual([412, 413, 412, 413])
  })
})
