import { describe, expect, it } from 'vitest'
import type { KernelChange } from '../../../agent/drift/kernel-change.ts'
import { createKernelEventReader } from '../../../agent/drift/read-kernel-events.ts'

function read(...pieces: readonly string[]) {
  const changes: KernelChange[] = []
  const signs: number[] = []
  let lost = 0
  const push = createKernelEventReader({
    onChange: (change) => void changes.push(change),
    onSign: ({ pid }) => void signs.push(pid),
    onLost() {
      lost += 1
    },
  })
  for (const piece of pieces) push(piece)
  return { changes, signs, lost }
}

/** As nft 1.0.6 printed it: an element of ours goes, somebody works beside us, our table is deleted. */
const PRINTED = `delete element inet edgeward net4 { 10.0.0.0/24 }
# new generation 4 by process 25025 (nft)
add table ip edgeward
add table inet edgeward2
# new generation 5 by process 25026 (iptables-nft)
delete rule inet edgeward input handle 7
delete set inet edgeward __set0
delete chain inet edgeward input
delete table inet edgeward
# new generation 6 by process 25029 (nft)
`
const CHANGES: readonly KernelChange[] = [
  { process: { pid: 25025, name: 'nft' }, touches: [{ verb: 'delete', object: 'element', name: 'net4' }] },
  { process: { pid: 25026, name: 'iptables-nft' }, touches: [] },
  {
    process: { pid: 25029, name: 'nft' },
    touches: [
      { verb: 'delete', object: 'rule', name: 'input' },
      { verb: 'delete', object: 'chain', name: 'input' },
      { verb: 'delete', object: 'table', name: '' },
    ],
  },
]

describe('createKernelEventReader', () => {
  it('gives each transaction with its process and what it did to our table', () => {
    expect(read(PRINTED).changes).toEqual(CHANGES)
  })

  it('does so wherever the text is cut', () => {
    for (let cut = 0; cut <= PRINTED.length; cut += 1)
      expect(read(PRINTED.slice(0, cut), PRINTED.slice(cut)).changes).toEqual(CHANGES)
    expect(read(...PRINTED.split('')).changes).toEqual(CHANGES)
  })

  it('names a set once, however many elements are told of', () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `add element inet edgeward host4 { 20.0.0.${i} }\n`).join('')
    const { changes } = read(`${lines}# new generation 7 by process 1 (nft)\n`)
    expect(changes).toEqual([{ process: { pid: 1, name: 'nft' }, touches: [{ verb: 'add', object: 'element', name: 'host4' }] }])
  })

  it('leaves out what packets fill', () => {
    const { changes } = read('add element inet edgeward seen4 { 1.2.3.4 }\n# new generation 8 by process 1 (nft)\n')
    expect(changes).toEqual([{ process: { pid: 1, name: 'nft' }, touches: [] }])
  })

  it('knows its own sign of life', () => {
    const printed = 'add table inet edgeward_sign\ndelete table inet edgeward_sign\n# new generation 3 by process 77 (nft)\n'
    expect(read(printed)).toEqual({ changes: [], signs: [77], lost: 0 })
  })

  it('tells that events were lost', () => {
    expect(read('# ERROR: We lost some netlink events!\n').lost).toBe(1)
  })

  it.each([
    ['evil) (\u001b[31mx', 'evil) (?[31mx', 'a control character'],
    ['Ω'.repeat(100), '?'.repeat(64), 'too long'],
    ['', '', 'no name'],
  ])('takes the name %j as %j: %s', (name, expected) => {
    expect(read(`# new generation 9 by process 5 (${name})\n`).changes[0]?.process).toEqual({ pid: 5, name: expected })
  })

  it('keeps no endless line and counts no endless list of inventions', () => {
    const long = `add rule inet edgeward input comment "${'x'.repeat(1_000_000)}"\n`
    const many = Array.from({ length: 1000 }, (_, i) => `add chain inet edgeward c${i}\n`).join('')
    const { changes } = read(long, many, '# new generation 1 by process 2 (nft)\n')
    expect(changes[0]?.touches).toHaveLength(64)
    expect(changes[0]?.touches[0]).toEqual({ verb: 'add', object: 'rule', name: 'input' })
  })
})
