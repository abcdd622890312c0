import { Type } from 'typebox'
import { Settings } from 'typebox/system'
import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../../rules/config/schema-faults.ts'

const List = Type.Array(Type.Integer())

describe('schemaFaults', () => {
  it('tells more than the eight that typebox does, each by its path', () => {
    const faults = schemaFaults(List, Array(100).fill('x'))
    expect(faults.map(({ path }) => path)).toEqual(Array.from({ length: 100 }, (_, at) => `/${at}`))
  })

  it('says so where there are more than it tells', () => {
    const faults = schemaFaults(List, Array(10_000).fill('x'))
    expect(faults.length).toBe(501)
    expect(faults.at(-1)).toEqual({ path: '', message: 'has more faults than are told' })
  })

  it('leaves the setting of the process as it was', () => {
    const { maxErrors } = Settings.Get()
    schemaFaults(List, ['x'])
    expect(Settings.Get().maxErrors).toBe(maxErrors)
  })

  it('tells nothing of what fits', () => {
    expect(schemaFaults(List, [1])).toEqual([])
  })
})
