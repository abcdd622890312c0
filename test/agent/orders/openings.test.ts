import { describe, expect, it } from 'vitest'
import { settle } from '../../fakes/fake-time.ts'
import { type AgentLab, createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'
import { anOpening } from '../../support/an-opening.ts'

const HOUR_MS = 3_600_000
const NIGHT_SHIFT = '20.0.0.9'

function aList(revision: number, ...more: string[]) {
  const publishedAt = new Date(LAB_START_MS - HOUR_MS).toISOString()
  return revisionBytes({ revision, publishedAt, entries: ['20.0.0.1', ...more].map((host) => anEntry(host)) })
}

async function aLab(config: Readonly<Record<string, unknown>> = {}): Promise<AgentLab> {
  const lab = createAgentLab({ config })
  lab.source.publish(412, aList(412))
  await lab.start()
  return lab
}

async function open(lab: AgentLab, fields: Parameters<typeof anOpening>[0] = {}) {
  lab.lockout.orders.give(anOpening({ at: new Date(lab.time.nowMs()).toISOString(), ...fields }))
  await settle()
}

const isIn = (lab: AgentLab): boolean => lab.firewall.wouldPass(NIGHT_SHIFT, 443)

describe('a source let in by hand', () => {
  it('passes at once, is told to central, and nobody else passes', async () => {
    const lab = await aLab()
    expect(isIn(lab)).toBe(false)
    await open(lab)
    expect([isIn(lab), lab.firewall.wouldPass('20.0.0.10', 443)]).toEqual([true, false])
    expect(lab.client.posted.at(-1)?.body).toMatchObject({ openings: [{ block: NIGHT_SHIFT, by: 'root' }] })
  })

  it('passes over a restart, new revisions and repairs, and no longer than it was given', async () => {
    const lab = await aLab()
    await open(lab)
    const next = await lab.restart()
    expect(isIn(next)).toBe(true)
    next.source.publish(413, aList(413, '20.0.0.2'))
    await next.time.advance(6 * 60_000)
    expect([next.firewall.program?.revision, isIn(next)]).toEqual([413, true])
    next.firewall.tamper()
    await next.time.advance(6 * 60_000)
    expect(isIn(next)).toBe(true)
    await next.time.advance(HOUR_MS)
    expect([isIn(next), next.agent.status().openings, next.lockout.orders.left]).toEqual([false, [], []])
  })

  it('is gone after a restart that came too late, and what the kernel may still hold goes too', async () => {
    const lab = await aLab()
    await open(lab)
    await lab.stop()
    lab.time.setClock(lab.time.nowMs() + 2 * HOUR_MS)
    const next = await lab.restart()
    expect([isIn(next), next.lockout.orders.left]).toEqual([false, []])
  })

  it('is shut out again when it is closed, also where the agent was down meanwhile', async () => {
    const lab = await aLab()
    await open(lab)
    await lab.stop()
    const [order] = lab.lockout.orders.left
    if (order?.kind !== 'opening') throw new Error('the order is gone')
    lab.lockout.orders.give({ ...order, closedAt: new Date(lab.time.nowMs()).toISOString() })
    const next = await lab.restart()
    expect([isIn(next), next.lockout.orders.left]).toEqual([false, []])
  })

  it('passes where nothing but management does before the first list', async () => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList: 'closed' } } })
    await lab.start()
    await open(lab)
    expect([isIn(lab), lab.firewall.wouldPass('20.0.0.10', 443)]).toEqual([true, false])
  })

  it.each<[string, Parameters<typeof anOpening>[0], string]>([
    ['the whole internet', { block: '0.0.0.0/0' }, 'OPENING_TOO_WIDE'],
    ['ten years', { until: '2034-07-27T00:00:00.000Z' }, 'OPENING_TOO_LONG'],
    ['nothing but a name', { block: 'desk.example' }, 'HOST_NAME'],
  ])('is not %s, whoever wrote the file', async (_what, fields, code) => {
    const lab = await aLab()
    await open(lab, fields)
    expect(lab.firewall.applied).toEqual([412])
    expect(lab.agent.status().faults).toMatchObject([{ area: 'orders', code }])
  })

  it('is not one too many', async () => {
    const lab = await aLab({ breakGlass: { maxOpen: 1 } })
    await open(lab)
    await open(lab, { id: 'f'.repeat(16), block: '20.0.0.10' })
    expect([isIn(lab), lab.firewall.wouldPass('20.0.0.10', 443)]).toEqual([true, false])
    expect(lab.agent.status().faults).toMatchObject([{ code: 'OPENING_TOO_MANY' }])
  })

  it('is not let in for longer by a clock that was set back by years', async () => {
    const lab = await aLab()
    await open(lab)
    lab.time.setClock(lab.time.nowMs() - 365 * 24 * HOUR_MS)
    await lab.time.advance(60_000)
    expect([isIn(lab), lab.agent.status().faults.map(({ code }) => code)]).toEqual([false, ['OPENING_CLOCK']])
  })
})
