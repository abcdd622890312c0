import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { FirewallError } from '../../../agent/firewall/firewall-error.ts'
import { settle } from '../../fakes/fake-time.ts'
import { createAgentLab, LAB_START_MS } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes } from '../../support/allow-lists.ts'

const HOSPITAL = '20.0.0.1'
const STRANGER = '20.9.9.9'
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** A revision that opens the hospital. */
function aList(fields: Parameters<typeof revisionBytes>[0] = {}): Uint8Array {
  return revisionBytes({
    revision: 412,
    publishedAt: new Date(LAB_START_MS - HOUR_MS).toISOString(),
    entries: [anEntry(HOSPITAL)],
    ...fields,
  })
}

/** A list that observes for two hours from the lab's start. */
const dated = { mode: 'observe', enforceFrom: new Date(LAB_START_MS + 2 * HOUR_MS).toISOString() } as const

async function labWith(list: Uint8Array, options: Parameters<typeof createAgentLab>[0] = {}) {
  const lab = createAgentLab(options)
  lab.source.publish(412, list)
  await lab.start()
  return lab
}

describe('the start', () => {
  it('puts the last good list in force before it asks anybody, after a reboot', async () => {
    const lab = await labWith(aList())
    lab.firewall.tamper()
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    const next = await lab.restart()
    expect(next.firewall.applied).toEqual([412, 412])
    expect(next.agent.status()).toMatchObject({ inForce: { revision: 412 }, lastPull: { answeredAt: null } })
  })

  it('applies the list again where the config has changed', async () => {
    const lab = await labWith(aList())
    const next = await lab.restart({ config: { firewall: { tcpPorts: [8443] } } })
    expect(next.firewall.program?.guarded.tcp).toEqual([8443])
    await next.restart({ config: { firewall: { tcpPorts: [8443] } } })
    expect(next.firewall.applied).toEqual([412, 412])
  })

  it('applies the list again that an apply left in force without its last step', async () => {
    const lab = await labWith(aList())
    await lab.stop()
    const { firewall } = lab
    const honest = { ...firewall }
    Object.assign(firewall, {
      async inForce() {
        const found = await honest.inForce()
        return found !== undefined && firewall.applied.length === 1 ? { ...found, isUnsettled: true } : found
      },
    })
    const next = await lab.restart()
    expect(next.firewall.applied).toEqual([412, 412])
    expect(next.agent.status().inForce).not.toHaveProperty('isUnsettled')
  })

  it('is over once a pass has put a list in force, and the host manager hears of it', async () => {
    const lab = createAgentLab()
    lab.source.publish(412, aList())
    // Once at the start; the pass that follows reads well.
    lab.firewall.failNext('inForce', 'before', new FirewallError('OUT_OF_MEMORY', 'The fake was told to fail'))
    await lab.start()
    expect(lab.agent.status()).toMatchObject({ inForce: { revision: 412 }, faults: [] })
    expect(lab.serviceManager.told.at(-1)).toMatchObject({ isReady: true })
  })

  it('tries again each minute while the firewall fails', async () => {
    const lab = await labWith(aList())
    await lab.stop()
    lab.firewall.tamper()
    lab.source.failWith(new ControlLinkError('CONTROL_REFUSED', 'revoked', { status: 401 }))
    for (let i = 0; i < 3; i += 1) lab.firewall.failNext('apply', 'before')
    const next = await lab.restart()
    expect(next.agent.status().faults).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ area: 'start', code: 'REFUSED' })]),
    )
    await next.time.advance(3 * MINUTE_MS)
    expect(next.firewall.program?.revision).toBe(412)
    expect(next.agent.status().faults.map(({ area }) => area)).toEqual(['pass'])
  })

  it('reads the kernel again where that failed at first', async () => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList: 'closed' } } })
    lab.firewall.failNext('inForce', 'before')
    lab.source.failWith(new ControlLinkError('CONTROL_REFUSED', 'revoked', { status: 401 }))
    await lab.start()
    expect(lab.firewall.program).toBeUndefined()
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program).toMatchObject({ revision: 0, mode: 'enforce' })
  })

  it.each<[string, boolean]>([
    ['open', true],
    ['closed', false],
  ])('without any list the door is %s where the config says so', async (beforeFirstList, isOpen) => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList } } })
    await lab.start()
    expect(lab.firewall.wouldPass(STRANGER, 443)).toBe(isOpen)
    expect(lab.agent.status().faults).toEqual([])
  })

  it('opens again what it had closed before the first list, where the config now says open', async () => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList: 'closed' } } })
    await lab.start()
    const next = await lab.restart({ config: {} })
    expect(next.firewall.program).toBeUndefined()
  })
})

describe('the mode', () => {
  it('is switched at the instant that the list names', async () => {
    const lab = await labWith(aList(dated))
    await lab.time.advance(2 * HOUR_MS - 1)
    expect(lab.firewall.program?.mode).toBe('observe')
    await lab.time.advance(1)
    expect(lab.firewall.program?.mode).toBe('enforce')
  })

  it('is right after a restart past the date, with the control API away', async () => {
    const lab = await labWith(aList(dated))
    await lab.stop()
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    lab.time.setClock(LAB_START_MS + 3 * HOUR_MS)
    const next = await lab.restart()
    expect(next.firewall.program?.mode).toBe('enforce')
  })

  it('follows a wall clock that is set right within a minute', async () => {
    const lab = await labWith(aList(dated))
    lab.time.setClock(LAB_START_MS + 5 * HOUR_MS)
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program?.mode).toBe('enforce')
    lab.time.setClock(LAB_START_MS)
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program?.mode).toBe('observe')
  })

  it('does not go back to observe because a dead battery says 1970', async () => {
    const from = new Date(LAB_START_MS - 2 * HOUR_MS).toISOString()
    const lab = await labWith(aList({ mode: 'observe', enforceFrom: from }))
    await lab.stop()
    lab.time.setClock(0)
    const next = await lab.restart()
    expect(next.firewall.program?.mode).toBe('enforce')
  })

  it('stays observe where the config of this edge holds it', async () => {
    const lab = await labWith(aList(), { config: { mode: 'observe' } })
    expect(lab.firewall.program?.mode).toBe('observe')
    expect(lab.agent.status()).toMatchObject({ localHold: true, inForce: { mode: 'observe' } })
  })

  it('is tried again each minute where the switch failed', async () => {
    const lab = await labWith(aList(dated), { config: { pull: { schedule: '0 0 1 1 *' } } })
    lab.firewall.failNext('apply', 'before')
    await lab.time.advance(2 * HOUR_MS)
    expect(lab.agent.status().faults).toMatchObject([{ area: 'mode', code: 'REFUSED' }])
    await lab.time.advance(MINUTE_MS)
    expect([lab.firewall.program?.mode, lab.agent.status().faults]).toEqual(['enforce', []])
  })

  it('asks the kernel nothing while nothing changes', async () => {
    const lab = await labWith(aList(), { config: { pull: { schedule: '0 0 1 1 *' }, report: { everyS: 3600 } } })
    const { inForce } = lab.firewall.calls
    await lab.time.advance(30 * MINUTE_MS)
    expect(lab.firewall.calls.inForce).toBe(inForce)
  })
})

describe('the memory', () => {
  it('that is full or read-only is a fault, not a crash; what is in force stays, and it is tried again', async () => {
    const lab = createAgentLab()
    lab.source.publish(412, aList())
    lab.memory.failNext()
    await lab.start()
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.client.posted.at(-1)?.body).toMatchObject({ revision: 412, fault: { code: 'STATE_UNWRITABLE' } })
    await lab.time.advance(6 * MINUTE_MS)
    expect(lab.agent.status().faults).toEqual([])
    expect(lab.memory.writes).toBe(1)
  })

  it('is written only after the kernel took the list', async () => {
    const lab = createAgentLab()
    lab.source.publish(412, aList())
    lab.firewall.failNext('apply', 'before')
    await lab.start()
    expect(lab.memory.writes).toBe(0)
  })
})

describe('the pull', () => {
  it('comes at once when the stream names another revision', async () => {
    const lab = await labWith(aList())
    lab.source.publish(413, aList({ revision: 413 }))
    lab.client.say('event: revision\ndata: {"revision":413}\n\n')
    await settle()
    expect(lab.firewall.program?.revision).toBe(413)
  })

  it('believes the stream nothing: a number that nobody signed changes nothing', async () => {
    const lab = await labWith(aList())
    lab.client.say('event: revision\ndata: {"revision":999}\n\n')
    await settle()
    expect([lab.firewall.program?.revision, lab.agent.status().faults]).toEqual([412, []])
  })

  it('comes by schedule where the stream is away, and the stream is opened again', async () => {
    const lab = await labWith(aList())
    lab.client.breakStreams(true)
    await settle()
    lab.source.publish(413, aList({ revision: 413 }))
    await lab.time.advance(6 * MINUTE_MS)
    expect([lab.firewall.program?.revision, lab.agent.status().stream]).toEqual([413, 'away'])
    lab.client.breakStreams(false)
    await lab.time.advance(2 * MINUTE_MS)
    expect(lab.agent.status().stream).toBe('connected')
  })

  it('is left alone as long as the control API asked for, whoever nudges', async () => {
    const lab = await labWith(aList())
    lab.source.failWith(new ControlLinkError('CONTROL_BUSY', 'busy', { status: 503, retryAfterMs: 20 * MINUTE_MS }))
    await lab.time.advance(6 * MINUTE_MS)
    const { pulls } = lab.source
    lab.client.say('event: revision\ndata: {"revision":413}\n\n')
    await lab.time.advance(14 * MINUTE_MS)
    expect(lab.source.pulls).toBe(pulls)
    lab.source.failWith(undefined)
    await lab.time.advance(8 * MINUTE_MS)
    expect(lab.source.pulls).toBeGreaterThan(pulls)
    expect(lab.agent.status().faults).toEqual([])
  })

  it('is tried again soon where nobody answered', async () => {
    const lab = createAgentLab({ config: { pull: { schedule: '0 0 1 1 *' } } })
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    await lab.start()
    lab.source.failWith(undefined)
    lab.source.publish(412, aList())
    await lab.time.advance(MINUTE_MS)
    expect(lab.firewall.program?.revision).toBe(412)
  })
})
