import { describe, expect, it } from 'vitest'
import { FirewallError } from '../../../agent/firewall/firewall-error.ts'
import { withoutRemains } from '../../../agent/firewall/without-remains.ts'
import { ProgramError } from '../../../agent/process/program-error.ts'
import { createFakeFirewall } from '../../fakes/fake-firewall.ts'
import { aProgram } from '../../support/filter-programs.ts'

function subject(...faults: readonly (Error | undefined)[]) {
  const fake = createFakeFirewall()
  const told: string[] = []
  const heldAtRemoval: (number | undefined)[] = []
  const removeOther = async (): Promise<void> => {
    heldAtRemoval.push(fake.program?.revision)
    const fault = faults[heldAtRemoval.length - 1]
    if (fault !== undefined) throw fault
  }
  return { fake, told, heldAtRemoval, firewall: withoutRemains(fake, removeOther, ({ code }) => told.push(code)) }
}

describe('withoutRemains', () => {
  it('removes what another backend left once, after the first program is in force', async () => {
    const { firewall, heldAtRemoval } = subject()
    for (const revision of [1, 2, 3]) await firewall.apply(aProgram({ revision }))
    expect(heldAtRemoval).toEqual([1])
  })

  it('removes nothing while no program is in force', async () => {
    const { firewall, fake, heldAtRemoval } = subject()
    fake.failNext('apply', 'before')
    await expect(firewall.apply(aProgram())).rejects.toMatchObject({ code: 'REFUSED' })
    expect(heldAtRemoval).toEqual([])
  })

  it('tries again with the next program where it failed, and tells', async () => {
    const { firewall, told, heldAtRemoval } = subject(new FirewallError('NOT_FINISHED', 'killed'))
    for (const revision of [1, 2, 3]) await firewall.apply(aProgram({ revision }))
    expect([heldAtRemoval, told]).toEqual([[1, 2], ['NOT_FINISHED']])
  })

  it.each([
    ['has no tool here', new FirewallError('NO_TOOL', 'x')],
    ['cannot be started', new ProgramError('NOT_FOUND', 'x')],
  ])('is silent where the other backend %s', async (_what, fault) => {
    const { firewall, told, heldAtRemoval } = subject(fault)
    for (const revision of [1, 2]) await firewall.apply(aProgram({ revision }))
    expect([heldAtRemoval, told]).toEqual([[1], []])
  })
})
