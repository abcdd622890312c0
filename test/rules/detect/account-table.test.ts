import { describe, expect, it } from 'vitest'
import { type Account, noteSource, sourcesOf } from '../../../rules/detect/account.ts'
import { AccountTable } from '../../../rules/detect/account-table.ts'

function aTable(maxAccounts: number) {
  const lookups = new Map<number, number>()
  const dropped: string[] = []
  const table = new AccountTable(maxAccounts, {
    weightAt: (slot) => lookups.get(slot) ?? 0,
    dropped: ({ name, slot }) => {
      dropped.push(name)
      lookups.delete(slot)
    },
  })
  const admit = (name: string) =>
    table.find(name) ??
    table.admit({ name, facility: undefined, dailyVisits: undefined, source: '14.0.0.0', sourceHash: 1, isForeign: false }, 0)
  return {
    table,
    dropped,
    look: (name: string, times = 1): Account => {
      const account = admit(name)
      lookups.set(account.slot, (lookups.get(account.slot) ?? 0) + times)
      table.use(account, lookups.get(account.slot) ?? 0)
      return account
    },
    calmDown: (name: string) => lookups.set(admit(name).slot, 0),
  }
}

describe('AccountTable', () => {
  it('never holds more than its cap', () => {
    const { table, look } = aTable(10)
    for (let number = 0; number < 100; number++) look(`x${number}`)
    expect([table.size, table.evicted]).toEqual([10, 90])
  })

  it('drops the light ones, oldest first, and never a heavy one while a light one remains', () => {
    const { table, dropped, look } = aTable(4)
    look('heavy', 500)
    look('light-1')
    look('light-2')
    look('middle', 20)
    look('new-1')
    look('new-2')
    expect(dropped).toEqual(['light-1', 'light-2'])
    for (let number = 0; number < 1_000; number++) look(`flood-${number}`)
    expect(table.find('heavy')).toBeDefined()
    expect(table.find('middle')).toBeDefined()
  })

  it('keeps an account under an action before all others', () => {
    const { table, look } = aTable(3)
    const held = look('held')
    table.setHeld(held, true, 0)
    look('held')
    for (let number = 0; number < 50; number++) look(`busy-${number}`, 1_000)
    expect(table.find('held')).toBe(held)
    table.setHeld(held, false, 0)
    for (let number = 0; number < 50; number++) look(`busy-${number}`, 1_000)
    expect(table.find('held')).toBeUndefined()
  })

  it('notices that accounts once heavy are so no longer', () => {
    const { table, dropped, look, calmDown } = aTable(20)
    for (let number = 0; number < 20; number++) look(`past-${number}`, 1_000)
    for (let number = 0; number < 20; number++) calmDown(`past-${number}`)
    for (let number = 0; number < 30; number++) look(`now-${number % 10}`, 300)
    expect(table.size).toBe(20)
    expect(dropped.filter((name) => name.startsWith('past'))).toHaveLength(10)
  })
})

describe('noteSource', () => {
  it('keeps the newest eight, newest first', () => {
    const account = aTable(1).look('any')
    for (const part of [1, 2, 3, 4, 5, 6, 7, 8, 9, 3]) noteSource(account, `14.0.0.${part}`, 0, () => part)
    expect(sourcesOf(account).map((ip) => Number(ip.split('.')[3]))).toEqual([3, 9, 8, 7, 6, 5, 4, 2])
  })
})
