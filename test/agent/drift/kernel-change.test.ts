import { describe, expect, it } from 'vitest'
import {
  bothDoubts,
  type ChangeDoubt,
  doubtOf,
  type KernelChange,
  kindOf,
  type Touch,
} from '../../../agent/drift/kernel-change.ts'
import type { Doubt } from '../../../agent/firewall/firewall.ts'
import type { TouchedHost } from '../../../rules/firewall/compile-nft-hosts.ts'

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

const WHO = { pid: 1, name: 'nft' }
const hosts = (...last: readonly number[]): TouchedHost[] =>
  last.map((octet) => ({ set: 'host4', key: Uint8Array.of(20, 1, 0, octet), isThere: true }))

type DoubtRow = readonly [string[], KernelChange['hosts'], Doubt, number | undefined, string]

describe('doubtOf', () => {
  it.each<DoubtRow>([
    [['add element host4'], hosts(1), 'elements', 1, 'hosts that are known'],
    [['add element host4', 'delete element host6'], hosts(1, 2), 'elements', 2, ''],
    [['add element host4'], 'many', 'elements', undefined, 'too many to be known'],
    [['add element host4', 'add element net4'], hosts(1), 'elements', undefined, 'others as well'],
    [['delete element net4', 'add element mgmt6'], [], 'prefixes', undefined, 'no host'],
    [['delete rule judge4', 'add chain extra'], [], 'chains', undefined, 'no set'],
    [['delete rule judge4', 'add element net4'], [], 'rules', undefined, 'both'],
    [['delete set net4'], [], 'rules', undefined, 'a set'],
    [['add element net4'], undefined, 'elements', undefined, 'an ear that does not tell elements'],
    [['delete rule judge4'], undefined, 'rules', undefined, 'nor then of chains alone'],
  ])('of %j with %j is %s', (texts, told, doubt, count) => {
    const found = doubtOf({ process: WHO, touches: touches(...texts), ...(told && { hosts: told }) })
    expect([found.doubt, found.hosts?.length]).toEqual([doubt, count])
  })
})

describe('bothDoubts', () => {
  it.each<readonly [ChangeDoubt, ChangeDoubt, Doubt, number | undefined]>([
    [{ doubt: 'elements', hosts: hosts(1) }, { doubt: 'elements', hosts: hosts(2) }, 'elements', 2],
    [{ doubt: 'elements', hosts: hosts(1) }, { doubt: 'elements' }, 'elements', undefined],
    [{ doubt: 'elements', hosts: hosts(1) }, { doubt: 'prefixes' }, 'elements', undefined],
    [{ doubt: 'prefixes' }, { doubt: 'prefixes' }, 'prefixes', undefined],
    [{ doubt: 'chains' }, { doubt: 'chains' }, 'chains', undefined],
    [{ doubt: 'chains' }, { doubt: 'elements', hosts: hosts(1) }, 'rules', undefined],
    [{ doubt: 'rules' }, { doubt: 'prefixes' }, 'rules', undefined],
  ])('of %j and %j', (first, next, doubt, count) => {
    const found = bothDoubts(first, next)
    expect([found.doubt, found.hosts?.length]).toEqual([doubt, count])
    expect(bothDoubts(undefined, next)).toBe(next)
  })
})
