import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { TrustError } from '../../../agent/trust/trust-error.ts'
import { settle } from '../../fakes/fake-time.ts'
import { type AgentLab, createAgentLab } from '../../support/agent-lab.ts'
import { anEntry, revisionBytes, someHosts } from '../../support/allow-lists.ts'

const HOSPITAL = '20.0.0.1'
const STRANGER = '20.9.9.9'
const ADMIN = '198.18.5.7'

/** A revision that opens `hosts`. */
function listOf(revision: number, hosts: readonly string[], fields: Parameters<typeof revisionBytes>[0] = {}): Uint8Array {
  return revisionBytes({ revision, entries: hosts.map((host) => anEntry(host)), ...fields })
}

async function labWith(hosts: readonly string[] = [HOSPITAL]): Promise<AgentLab> {
  const lab = createAgentLab()
  lab.source.publish(412, listOf(412, hosts))
  await lab.start()
  expect(lab.firewall.program?.revision).toBe(412)
  return lab
}

/** All that a pass may change: kernel and memory. */
async function stateOf(lab: AgentLab) {
  return { program: lab.firewall.program, applied: lab.firewall.applied.length, recalled: await lab.memory.recall() }
}

const NEXT_SCHEDULE_MS = 6 * 60_000

describe('invariant 1: a failed pass changes nothing', () => {
  it.each<[string, (lab: AgentLab) => void, string]>([
    ['pull', (lab) => lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away')), 'CONTROL_UNREACHABLE'],
    ['metadata', (lab) => lab.source.failWith(new TrustError('METADATA_EXPIRED', 'frozen')), 'METADATA_EXPIRED'],
    ['parse', (lab) => lab.source.publish(413, Buffer.from('not a list')), 'HEADER_MISSING'],
    ['other number', (lab) => lab.source.publish(414, listOf(413, [HOSPITAL])), 'TARGET_MISMATCH'],
    [
      'check',
      (lab) => {
        lab.source.publish(413, listOf(413, [HOSPITAL, STRANGER]))
        lab.firewall.failNext('check', 'before')
      },
      'REFUSED',
    ],
    [
      'apply',
      (lab) => {
        lab.source.publish(413, listOf(413, [HOSPITAL, STRANGER]))
        lab.firewall.failNext('apply', 'before')
      },
      'REFUSED',
    ],
  ])('where %s fails', async (_step, fail, code) => {
    const lab = await labWith()
    const before = await stateOf(lab)
    fail(lab)
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.agent.status().faults).toMatchObject([{ area: 'pass', code }])
    expect(await stateOf(lab)).toEqual(before)
  })

  it('and the next pass asks for the same revision again, although the store of metadata has seen it', async () => {
    const lab = await labWith()
    lab.source.publish(413, listOf(413, [HOSPITAL, STRANGER]))
    lab.firewall.failNext('apply', 'before')
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.program?.revision).toBe(412)
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.program?.revision).toBe(413)
    expect(lab.agent.status().faults).toEqual([])
  })

  it('and a revision that the kernel took is in force even where nobody was told', async () => {
    const lab = await labWith()
    lab.source.publish(413, listOf(413, [HOSPITAL, STRANGER]))
    lab.firewall.failNext('apply', 'after')
    await lab.time.advance(2 * NEXT_SCHEDULE_MS)
    expect(lab.firewall.applied).toEqual([412, 413])
    expect((await lab.memory.recall()).lastGood?.revision).toBe(413)
  })
})

describe('invariant 2: the kernel never holds an empty or half list', () => {
  it('each revision comes in one transaction, after a check', async () => {
    const lab = await labWith(someHosts(500))
    lab.source.publish(413, listOf(413, someHosts(520)))
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.applied).toEqual([412, 413])
    expect(lab.firewall.calls).toMatchObject({ check: 2, apply: 2, remove: 0 })
  })
})

describe('invariant 3: nothing older than what was trusted once is taken again', () => {
  it('while it runs', async () => {
    const lab = await labWith()
    lab.source.publish(411, listOf(411, [HOSPITAL, STRANGER]))
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.agent.status().faults).toMatchObject([{ code: 'REVISION_OLDER' }])
    expect(lab.firewall.program?.revision).toBe(412)
  })

  it.each([
    ['nothing is spoiled', []],
    ['the remembered list is spoiled', ['lastGood']],
    ['the record of the number is spoiled', ['trusted']],
  ] as const)('after a restart where %s', async (_what, spoiled) => {
    const lab = await labWith()
    for (const part of spoiled) lab.memory.spoil(part)
    lab.firewall.tamper()
    lab.source.publish(411, listOf(411, [HOSPITAL, STRANGER]))
    const next = await lab.restart()
    expect(next.agent.status().faults).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ area: 'pass', code: 'REVISION_OLDER' })]),
    )
    expect(next.firewall.applied).not.toContain(411)
  })

  it('after a restart with the whole memory gone, by the word of the kernel', async () => {
    const lab = await labWith()
    lab.memory.spoil('lastGood')
    lab.memory.spoil('trusted')
    lab.source.publish(411, listOf(411, [HOSPITAL, STRANGER]))
    const next = await lab.restart()
    expect(next.firewall.program?.revision).toBe(412)
    expect(next.agent.status().faults.map(({ code }) => code)).toContain('REVISION_OLDER')
  })

  it('nor another content under a number that was trusted', async () => {
    const lab = await labWith()
    lab.source.publish(412, listOf(412, [STRANGER]))
    const next = await lab.restart()
    expect(next.agent.status().faults).toMatchObject([{ code: 'REVISION_REWRITTEN' }])
    expect(next.firewall.wouldPass(STRANGER, 443)).toBe(false)
  })
})

describe('invariant 4: empty, all-covering or shrunken lists are refused and reported', () => {
  const many = someHosts(100)
  it.each([
    ['LIST_EMPTY', []],
    ['LIST_SHRINKS', many.slice(0, 80)],
    ['LIST_ALL_COVERING', [...many, '64.0.0.0/2']],
  ])('%s', async (code, hosts) => {
    const lab = await labWith(many)
    lab.source.publish(413, listOf(413, hosts))
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.client.posted.at(-1)?.body).toMatchObject({ revision: 412, fault: { code } })
  })

  it('unless the signed revision says so and two people stand behind it', async () => {
    const lab = await labWith(many)
    const shrink = { reason: 'end of contracts', requestedBy: 'operator-1', approvedBy: 'approver-1' }
    lab.source.publish(413, listOf(413, many.slice(0, 80), { shrink }))
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.program?.revision).toBe(413)
    expect(lab.log.messages('warn')).toContain('revision passes the limits of loss by a confirmation of two people')
  })
})

describe('invariant 5: applying twice is once', () => {
  it('a revision in force is not applied again, by schedule, nudge or restart', async () => {
    const lab = await labWith()
    lab.client.say('event: revision\ndata: {"revision":412}\n\n')
    await lab.time.advance(3 * NEXT_SCHEDULE_MS)
    await lab.restart()
    expect(lab.firewall.applied).toEqual([412])
    expect(lab.memory.writes).toBe(1)
  })
})

describe('invariant 6: we know our own after a restart without memory', () => {
  it('leaves what the kernel holds alone, and goes on from it', async () => {
    const lab = await labWith()
    lab.memory.spoil('lastGood')
    lab.memory.spoil('trusted')
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    const next = await lab.restart()
    expect(next.firewall.applied).toEqual([412])
    expect(next.agent.status().inForce).toMatchObject({ revision: 412, mode: 'enforce' })
    lab.source.failWith(undefined)
    await next.time.advance(NEXT_SCHEDULE_MS)
    expect(next.memory.writes).toBe(2)
    expect(next.agent.status().faults).toEqual([])
  })

  it('puts rules back that somebody else deleted, also while the control API is away', async () => {
    const lab = await labWith()
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    lab.firewall.tamper()
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.log.messages('warn')).toContain('somebody else changed our rules')
  })
})

describe('invariant 7: losing the control API opens and closes nothing', () => {
  it('for days, over a restart and a reboot', async () => {
    const lab = await labWith()
    lab.source.failWith(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    lab.client.breakStreams(true)
    await lab.time.advance(NEXT_SCHEDULE_MS * 3)
    expect([lab.firewall.wouldPass(HOSPITAL, 443), lab.firewall.wouldPass(STRANGER, 443)]).toEqual([true, false])
    const restarted = await lab.restart()
    restarted.firewall.tamper()
    const rebooted = await restarted.restart()
    expect([rebooted.firewall.wouldPass(HOSPITAL, 443), rebooted.firewall.wouldPass(STRANGER, 443)]).toEqual([true, false])
    expect(rebooted.agent.status().faults).toMatchObject([{ area: 'pass', code: 'CONTROL_UNREACHABLE' }])
  })
})

describe('invariant 11: one writer to the kernel; passes never overlap', () => {
  it('however often a pass is asked for while one runs, one more follows', async () => {
    const lab = await labWith()
    const pulls = lab.source.pulls
    const release = lab.source.hold()
    for (let revision = 413; revision < 433; revision += 1) lab.client.say(`event: revision\ndata: {"revision":${revision}}\n\n`)
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect(lab.source.pulls).toBe(pulls + 1)
    release()
    await settle()
    expect(lab.source.pulls).toBe(pulls + 2)
  })
})

describe('invariant 12: management prefixes are in every program', () => {
  it('before the first list, and whatever the list says', async () => {
    const lab = createAgentLab({ config: { firewall: { beforeFirstList: 'closed' } } })
    await lab.start()
    expect([lab.firewall.wouldPass(ADMIN, 443), lab.firewall.wouldPass(HOSPITAL, 443)]).toEqual([true, false])
    lab.source.publish(412, listOf(412, [HOSPITAL]))
    await lab.time.advance(NEXT_SCHEDULE_MS)
    expect([lab.firewall.wouldPass(ADMIN, 443), lab.firewall.wouldPass(HOSPITAL, 443)]).toEqual([true, true])
  })

  it('the control API too, where its URL names an address', async () => {
    const lab = createAgentLab({ config: { control: { url: 'https://198.51.100.9:8443' }, management: { prefixes: 'none' } } })
    lab.source.publish(412, listOf(412, [HOSPITAL]))
    await lab.start()
    expect(lab.firewall.wouldPass('198.51.100.9', 443)).toBe(true)
  })
})

describe('invariant 13: the agent does its work while watch is down', () => {
  it('enforces and reports; watch is shown as away and is no fault', async () => {
    const lab = await labWith()
    expect(lab.agent.status()).toMatchObject({ watch: 'away', faults: [], inForce: { revision: 412 } })
    expect(lab.client.posted.at(-1)?.body).toMatchObject({ revision: 412, fault: null })
  })
})
