import { describe, expect, it } from 'vitest'
import type { HandOverFile } from '../../../agent/gate/hand-over-files.ts'
import { createHandedOver } from '../../../agent/gate/handed-over.ts'
import { MAX_SIDE_BYTES } from '../../../rules/documents/side-kind.ts'
import { formatGrants, grantsDocument } from '../../../rules/grants/grants-document.ts'
import { createFakeHandOverFiles } from '../../fakes/fake-hand-over-files.ts'
import { aSide } from '../../support/side-documents.ts'

const NONE = { policy: 0, users: 0, grants: 0, blocks: 0 }
const KEY = `${'0f'.repeat(32)}\n`

function scene(taken = NONE) {
  const files = createFakeHandOverFiles()
  const took: string[] = []
  const faults = new Map<string, string>()
  const handedOver = createHandedOver(files, taken, {
    policy: ({ version }) => took.push(`policy ${version}`),
    users: ({ version, count }) => took.push(`users ${version} ${count}`),
    grants: ({ isWhole, set, gone }) => took.push(`grants ${isWhole ? 'whole' : 'changed'} +${set.length} -${gone.length}`),
    verdicts: ({ set }) => took.push(`verdicts ${set.length}`),
    facilities: ({ list }) => took.push(`facilities ${list.slice(0, 2)}`),
    keys: (keys) => took.push(`keys ${keys.length}`),
    fault(file, fault) {
      if (fault === undefined) faults.delete(file)
      else faults.set(file, fault.code)
    },
  })
  return {
    files,
    faults,
    versions: () => handedOver.versions(),
    /** What is taken in one look. */
    look: async (): Promise<readonly string[]> => {
      took.length = 0
      await handedOver.look()
      return [...took]
    },
  }
}

const policy = (version: number): Uint8Array => aSide('policy', version)

describe('createHandedOver', () => {
  it('takes each file once, the key first', async () => {
    const { files, look, versions } = scene()
    files.put('policy.json', policy(3))
    files.put('gate.key', KEY)
    expect(await look()).toEqual(['keys 1', 'policy 3'])
    expect(await look()).toEqual([])
    expect([files.reads, versions().policy]).toEqual([2, 3])
  })

  it.each<[string, HandOverFile, (whole: Uint8Array) => Uint8Array | undefined, string]>([
    ['0 bytes', 'policy.json', () => Buffer.alloc(0), 'GATE_DOCUMENT_UNUSABLE'],
    ['half of it', 'policy.json', (whole) => whole.subarray(0, whole.length / 2), 'GATE_DOCUMENT_UNUSABLE'],
    ['all but the last byte', 'policy.json', (whole) => whole.subarray(0, -1), 'GATE_DOCUMENT_UNUSABLE'],
    ['one byte changed', 'policy.json', (whole) => Buffer.from(whole).fill('x', 30, 31), 'GATE_DOCUMENT_UNUSABLE'],
    ['two of it', 'policy.json', (whole) => Buffer.concat([whole, whole]), 'GATE_DOCUMENT_UNUSABLE'],
    ['more than central signs', 'policy.json', () => Buffer.alloc(MAX_SIDE_BYTES.policy + 1), 'GATE_DOCUMENT_UNUSABLE'],
    ['an older one', 'policy.json', () => policy(2), 'GATE_DOCUMENT_OLD'],
    ['nothing any more', 'policy.json', () => undefined, 'GATE_DOCUMENT_GONE'],
    ['a key that is none', 'gate.key', () => Buffer.from('secret\n'), 'GATE_KEY_UNUSABLE'],
    ['no key any more', 'gate.key', () => undefined, 'GATE_DOCUMENT_GONE'],
    ['a key of a gigabyte', 'gate.key', () => Buffer.alloc(131), 'GATE_KEY_UNUSABLE'],
  ])('keeps what it has and says so where there is %s, and takes a good one again', async (_what, name, spoil, code) => {
    const { files, faults, look, versions } = scene()
    const whole = name === 'gate.key' ? Buffer.from(KEY) : policy(3)
    files.put(name, whole)
    await look()
    const bad = spoil(whole)
    if (bad === undefined) files.remove(name)
    else files.put(name, bad)
    expect(await look()).toEqual([])
    expect(await look()).toEqual([])
    expect([Object.fromEntries(faults), versions().policy]).toEqual([{ [name]: code }, name === 'gate.key' ? 0 : 3])
    files.put(name, name === 'gate.key' ? KEY : policy(4))
    expect(await look()).toEqual([name === 'gate.key' ? 'keys 1' : 'policy 4'])
    expect(faults.size).toBe(0)
  })

  it('never reads a file that is too large, or no file at all', async () => {
    const { files, look, faults } = scene()
    files.put('policy.json', Buffer.alloc(MAX_SIDE_BYTES.policy + 1))
    files.putOther('users.json')
    await look()
    expect([files.reads, [...faults.keys()]]).toEqual([0, ['policy.json', 'users.json']])
  })

  it('tries a file again that could not be read, though none of its times has changed', async () => {
    const { files, look, faults } = scene()
    files.put('policy.json', policy(3))
    files.refuse('policy.json', 'EACCES')
    expect(await look()).toEqual([])
    expect([...faults]).toEqual([['policy.json', 'GATE_DOCUMENT_UNUSABLE']])
    files.refuse('policy.json', undefined)
    expect(await look()).toEqual(['policy 3'])
    expect(faults.size).toBe(0)
  })

  it('takes nothing older than what was taken before a restart, and says nothing of files that were never there', async () => {
    const { files, look, faults, versions } = scene({ ...NONE, policy: 4 })
    files.put('policy.json', policy(3))
    expect(await look()).toEqual([])
    expect([[...faults], versions().policy]).toEqual([[['policy.json', 'GATE_DOCUMENT_OLD']], 4])
    files.put('policy.json', policy(4))
    expect(await look()).toEqual(['policy 4'])
  })

  it('tells of lists that are signed again and again only what has changed', async () => {
    const { files, look } = scene()
    const nowMs = Date.UTC(2026, 2, 2, 1)
    const grants = Array.from({ length: 16 }, (_, at) => ({
      token: 'abcdefghijklmnop'.charAt(at).repeat(16),
      grantedAtMs: nowMs,
      usedAtMs: nowMs,
      endsAtMs: nowMs + 3_600_000,
      idleMs: 1_800_000,
    }))
    files.put('grants.json', formatGrants(grantsDocument(1, nowMs, grants)))
    expect(await look()).toEqual(['grants whole +16 -0'])
    const used = grants.slice(1).map((grant, at) => (at < 2 ? { ...grant, usedAtMs: nowMs + 1000 } : grant))
    files.put('grants.json', formatGrants(grantsDocument(2, nowMs + 2000, used)))
    expect(await look()).toEqual(['grants changed +2 -1'])
  })
})
