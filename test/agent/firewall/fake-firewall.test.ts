import { describe, expect, it } from 'vitest'
import { createFakeFirewall } from '../../fakes/fake-firewall.ts'
import { aProgram, blocksFrom } from '../../support/filter-programs.ts'

describe('createFakeFirewall', () => {
  it('fails before: nothing has changed; and once only', async () => {
    const firewall = createFakeFirewall()
    firewall.failNext('apply', 'before')
    await expect(firewall.apply(aProgram())).rejects.toMatchObject({ code: 'REFUSED' })
    expect(firewall.program).toBeUndefined()
    await firewall.apply(aProgram())
    expect([firewall.applied, firewall.calls.apply]).toEqual([[1], 2])
  })

  it('fails after: the kernel holds it and nobody was told', async () => {
    const firewall = createFakeFirewall()
    firewall.failNext('apply', 'after', new Error('power cut'))
    await expect(firewall.apply(aProgram({ revision: 7 }))).rejects.toThrow('power cut')
    expect(firewall.program?.revision).toBe(7)
  })

  it('judges each address as the kernel would', async () => {
    const firewall = createFakeFirewall()
    expect(firewall.wouldPass('14.9.0.9', 80)).toBe(true)
    const blocked = blocksFrom(['20.1.0.1', '20.7.0.7']).map((block) => ({ block, remainingMs: 1 }))
    await firewall.apply(aProgram({ approve: ['20.1.0.0/24', '2400:1::/48'], manage: ['20.7.0.0/24'], blocked }))
    const verdicts = [
      firewall.wouldPass('20.1.0.2', 80),
      firewall.wouldPass('20.1.0.1', 80),
      firewall.wouldPass('20.7.0.7', 80),
      firewall.wouldPass('2400:1::9', 443, 'udp'),
      firewall.wouldPass('2400:9::9', 443, 'udp'),
      firewall.wouldPass('14.9.0.9', 80),
      firewall.wouldPass('14.9.0.9', 22),
      firewall.wouldPass('14.9.0.9', 80, 'udp'),
    ]
    expect(verdicts).toEqual([true, false, true, true, false, false, true, true])
  })

  it('lists strangers that knock, most packets first, also while it observes', async () => {
    const firewall = createFakeFirewall()
    await firewall.apply(aProgram({ mode: 'observe', approve: ['20.1.0.1'] }))
    expect([firewall.knock('14.9.0.9', 80), firewall.knock('14.9.0.10', 80), firewall.knock('14.9.0.10', 443)]).toEqual([
      true,
      true,
      true,
    ])
    firewall.knock('20.1.0.1', 80)
    expect(await firewall.seen(9)).toEqual([
      { address: '14.9.0.10', packets: 2 },
      { address: '14.9.0.9', packets: 1 },
    ])
    expect(await firewall.seen(1)).toHaveLength(1)
  })
})
