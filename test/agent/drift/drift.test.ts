import { describe, expect, it } from 'vitest'
import { DriftError } from '../../../agent/drift/drift-error.ts'
import type { Touch } from '../../../agent/drift/kernel-change.ts'
import { FirewallError } from '../../../agent/firewall/firewall-error.ts'
import { MEDDLER } from '../../fakes/fake-kernel.ts'
import { settle } from '../../fakes/fake-time.ts'
import { type AgentLab, type AgentLabOptions, createAgentLab } from '../../support/agent-lab.ts'
import { revisionBytes } from '../../support/allow-lists.ts'

const ELEMENT: readonly Touch[] = [{ verb: 'delete', object: 'element', name: 'host4' }]
const TABLE: readonly Touch[] = [{ verb: 'delete', object: 'table', name: '' }]
/** The pass is out of the way: nothing but drift is looked at. */
const QUIET = { pull: { schedule: '0 0 1 1 *' }, report: { everyS: 3600 } }

async function guarding(options: AgentLabOptions = {}): Promise<AgentLab> {
  const lab = createAgentLab({ ...options, config: { ...QUIET, ...options.config } })
  lab.source.publish(412, revisionBytes())
  await lab.start()
  return lab
}

/** Somebody changes our rules `times` times, a second apart. */
async function fight(lab: AgentLab, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    lab.kernel.meddle(TABLE, MEDDLER, () => lab.firewall.tamper())
    await lab.time.advance(1000)
  }
}

describe('drift', () => {
  it('is put right at once, counted, and named with its process', async () => {
    const lab = await guarding()
    const before = lab.firewall.calls.apply
    lab.kernel.meddle(TABLE, MEDDLER, () => lab.firewall.tamper())
    await settle()
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.firewall.calls.apply).toBe(before + 1)
    expect(lab.agent.status().drift).toMatchObject({
      listening: 'on',
      found: 1,
      repaired: 1,
      lastKind: 'table-removed',
      lastProcess: { pid: 4242, name: 'other-tool' },
      isFought: false,
    })
    expect(lab.agent.status().faults).toEqual([])
  })

  it('of elements is put right though the kernel says that it holds the revision', async () => {
    const lab = await guarding()
    const before = lab.firewall.calls.apply
    lab.kernel.meddle(ELEMENT)
    await settle()
    expect(lab.firewall.calls.apply).toBe(before + 1)
  })

  it('is told to central with the next report', async () => {
    const lab = await guarding()
    lab.kernel.meddle(TABLE)
    await lab.time.advance(3_600_000)
    expect(lab.client.posted.at(-1)?.body).toMatchObject({
      drift: { found: 1, lastProcess: MEDDLER },
      proof: { agrees: true },
    })
  })

  it('that cannot be put right is a fault, and is tried again until it is', async () => {
    const lab = await guarding()
    lab.firewall.failNext('apply', 'before', new FirewallError('OUT_OF_MEMORY', 'no memory'))
    lab.kernel.meddle(TABLE, MEDDLER, () => lab.firewall.tamper())
    await settle()
    expect(lab.agent.status().faults).toMatchObject([{ area: 'drift', code: 'OUT_OF_MEMORY' }])
    await lab.time.advance(3000)
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.agent.status().faults).toEqual([])
  })

  it('before the first list is nobody’s business where the door is open', async () => {
    const lab = createAgentLab({ config: QUIET })
    await lab.start()
    lab.kernel.meddle(TABLE)
    await settle()
    expect(lab.firewall.calls.apply).toBe(0)
  })

  it('is put right by the blocks and the mode of now', async () => {
    const lab = await guarding({ config: { mode: 'observe' } })
    lab.kernel.meddle(TABLE, MEDDLER, () => lab.firewall.tamper())
    await settle()
    expect(lab.firewall.program).toMatchObject({ revision: 412, mode: 'observe' })
  })
})

describe('a fight', () => {
  it('is a fault that names the process, and every change is put right within seconds', async () => {
    const lab = await guarding()
    await fight(lab, 12)
    await lab.time.advance(3000)
    expect(lab.firewall.program?.revision).toBe(412)
    const { drift, faults } = lab.agent.status()
    expect(drift).toMatchObject({ found: 12, isFought: true })
    expect(faults).toMatchObject([{ area: 'fight', code: 'DRIFT_FOUGHT' }])
    expect(faults[0]?.message).toContain('other-tool (process 4242)')
    expect(lab.log.messages('error').filter((words) => words === 'another program fights over our rules')).toHaveLength(1)
  })

  it('is answered less often than it is fought', async () => {
    const lab = await guarding()
    const before = lab.firewall.calls.apply
    await fight(lab, 30)
    const repairs = lab.firewall.calls.apply - before
    expect(repairs).toBeGreaterThan(9)
    expect(repairs).toBeLessThan(20)
  })

  it('ends after two minutes of calm', async () => {
    const lab = await guarding()
    await fight(lab, 6)
    await lab.time.advance(100_000)
    expect(lab.agent.status().drift.isFought).toBe(true)
    await lab.time.advance(30_000)
    expect(lab.agent.status()).toMatchObject({ drift: { isFought: false }, faults: [] })
  })
})

describe('an agent that cannot listen', () => {
  it('says so, looks from time to time instead, and listens again', async () => {
    const lab = await guarding()
    lab.kernel.breakListeners(true)
    await settle()
    expect(lab.agent.status()).toMatchObject({
      drift: { listening: 'away' },
      faults: [{ area: 'listen', code: 'LISTENER_AWAY' }],
    })
    lab.firewall.tamper()
    await lab.time.advance(30_000)
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.agent.status().drift).toMatchObject({ found: 1, repaired: 1, lastKind: 'unseen', lastProcess: null })
    lab.kernel.breakListeners(false)
    await lab.time.advance(60_000)
    expect(lab.agent.status()).toMatchObject({ drift: { listening: 'on' }, faults: [] })
  })

  it('looks only then: one that listens asks the kernel nothing', async () => {
    const lab = await guarding()
    const calls = lab.firewall.calls.inForce
    await lab.time.advance(600_000)
    expect(lab.firewall.calls.inForce).toBe(calls)
  })

  it('because the config says so looks as often as the config says', async () => {
    const lab = await guarding({ config: { drift: { listen: false, lookEveryS: 5 } } })
    expect(lab.kernel.listeners).toBe(0)
    lab.firewall.tamper()
    await lab.time.advance(5000)
    expect(lab.firewall.program?.revision).toBe(412)
    expect(lab.agent.status().drift.listening).toBe('off')
  })
})

describe('proof', () => {
  it('follows the start and then the hour', async () => {
    const lab = await guarding()
    await lab.time.advance(60_000)
    const { reads } = lab.kernel
    expect(lab.agent.status().proof).toMatchObject({ agrees: true, blocks: 1 })
    expect(lab.agent.status().proof?.kernelDigest).toBe(lab.agent.status().inForce?.digest)
    await lab.time.advance(3_600_000)
    expect(lab.kernel.reads).toBe(reads + 1)
  })

  it('follows where events were lost, at most once a minute', async () => {
    const lab = await guarding()
    await lab.time.advance(120_000)
    const { reads } = lab.kernel
    for (let time = 0; time < 10; time += 1) {
      lab.kernel.loseEvents()
      await lab.time.advance(3000)
    }
    await lab.time.advance(60_000)
    expect(lab.kernel.reads).toBe(reads + 1)
  })

  it('that differs is a fault and a drift that nobody saw, put right and proved again', async () => {
    const lab = await guarding()
    await lab.time.advance(120_000)
    lab.kernel.holdOther({ approved: 'f'.repeat(64), blocks: 2 })
    lab.kernel.loseEvents()
    await lab.time.advance(61_000)
    expect(lab.agent.status()).toMatchObject({
      proof: { agrees: false, kernelDigest: 'f'.repeat(64) },
      drift: { found: 1, lastKind: 'unseen-elements', lastProcess: null },
      faults: [{ area: 'proof', code: 'PROOF_DIFFERS' }],
    })
    await lab.time.advance(61_000)
    expect(lab.agent.status()).toMatchObject({ proof: { agrees: true }, faults: [] })
  })

  it('of other management prefixes differs too', async () => {
    const lab = await guarding()
    await lab.time.advance(120_000)
    lab.kernel.holdOther({ management: 'f'.repeat(64) })
    lab.kernel.loseEvents()
    await lab.time.advance(61_000)
    expect(lab.agent.status().proof?.agrees).toBe(false)
    expect(lab.agent.status().faults[0]?.message).toContain('management')
  })

  it('during a drift that is heard of meanwhile says nothing', async () => {
    const lab = await guarding()
    await lab.time.advance(120_000)
    lab.kernel.holdOther({ approved: 'f'.repeat(64) })
    lab.kernel.loseEvents()
    await lab.time.advance(60_000)
    lab.kernel.meddle(ELEMENT)
    await lab.time.advance(1000)
    expect(lab.agent.status()).toMatchObject({ proof: { agrees: true }, drift: { lastKind: 'elements-removed' }, faults: [] })
  })

  it('that cannot be read is a fault until it can', async () => {
    const lab = await guarding()
    await lab.time.advance(120_000)
    lab.kernel.failNextRead(new DriftError('PROOF_UNREADABLE', 'nft is busy'))
    lab.kernel.loseEvents()
    await lab.time.advance(61_000)
    expect(lab.agent.status()).toMatchObject({ proof: { agrees: true }, faults: [{ area: 'proof', code: 'PROOF_UNREADABLE' }] })
    await lab.time.advance(61_000)
    expect(lab.agent.status().faults).toEqual([])
  })
})
