import { describe, expect, it } from 'vitest'
import { isOnlyElements, kindOf, type Touch } from '../../../agent/drift/kernel-change.ts'

function touches(...texts: readonly string[]): Touch[] {
  return texts.map((text) => {
    const [verb = '', object = '', name = ''] = text.split(' ')
    return { verb, object, name }
  })
}

describe('kindOf', () => {
  it.each([
    [['delete rule input', 'delete table'], 'table-removed'],
    [['delete table', 'add table', 'add chain input'], 'table-replaced'],
    [['add table'], 'table-changed'],
    [['add table', 'add rule input'], 'rules-added'],
    [['delete rule judge6', 'delete set host6', 'add set host6'], 'set-replaced'],
    [['add chain input'], 'chain-changed'],
    [['delete rule input', 'delete chain input'], 'chain-removed'],
    [['insert rule judge4'], 'rules-added'],
    [['delete rule about', 'add rule about'], 'rules-changed'],
    [['delete element host4'], 'elements-removed'],
    [['delete element host4', 'add element host4'], 'elements-changed'],
    [['add flowtable x'], 'other'],
  ] as const)('%j is %s', (texts, kind) => {
    expect(kindOf(touches(...texts))).toBe(kind)
  })
})

describe('isOnlyElements', () => {
  it('is false as soon as a rule is among them', () => {
    expect(isOnlyElements(touches('add element host4', 'delete element net4'))).toBe(true)
    expect(isOnlyElements(touches('add element host4', 'add rule input'))).toBe(false)
  })
})
