import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openPlaces } from '../../../../agent/gate/facility-places.ts'
import { createThreadedHandOver } from '../../../../agent/gate/reading/threaded-hand-over.ts'
import { createSystemTimers } from '../../../../agent/time/system-time.ts'
import { facilitiesChunks } from '../../../../rules/facilities/facilities-document.ts'
import type { GateExemptions } from '../../../../rules/gate/exemptions.ts'
import { formatPolicy, type PolicyDocument } from '../../../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY } from '../../../../rules/gate/policy-options.ts'
import type { Grant } from '../../../../rules/grants/grant-life.ts'
import { formatGrants, grantsDocument } from '../../../../rules/grants/grants-document.ts'
import type { ListedUser } from '../../../../rules/users/users-document.ts'
import { formatUsers } from '../../../../rules/users/users-document.ts'
import { aSide } from '../../../support/side-documents.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const NONE = { policy: 0, users: 0, grants: 0, blocks: 0 }
const NOW_MS = Date.UTC(2026, 2, 2, 1)
const THREAD = new URL('../../../../agent/gate/reading/main.ts', import.meta.url)

const tokenOf = (number: number): string =>
  number
    .toString(16)
    .padStart(16, '0')
    .replaceAll(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))

async function scene() {
  const folder = await temporaryFolder()
  const took: string[] = []
  const faults = new Map<string, string>()
  const grants: { set: readonly Grant[]; gone: readonly string[]; isWhole: boolean; isLast: boolean }[] = []
  const policies: { document: PolicyDocument; exemptions: GateExemptions | undefined }[] = []
  const workers: Worker[] = []
  const found: { user?: ListedUser | undefined; isOwner?: boolean } = {}
  const handedOver = createThreadedHandOver(
    folder,
    NONE,
    {
      policy(document, exemptions) {
        took.push(`policy ${document.version} ${document.policy.shared.mode}`)
        policies.push({ document, exemptions })
      },
      users(document) {
        took.push(`users ${document.version} ${document.count}`)
        found.user = document.find(tokenOf(3))
      },
      grants: (changed) => grants.push(changed),
      verdicts: ({ set }) => took.push(`verdicts ${set.length}`),
      facilities(places) {
        took.push('facilities')
        found.isOwner = openPlaces(places).isOwner('01234', '203.0.113.7')
      },
      keys: (keys) => took.push(`keys ${keys.map((key) => key.length).join()}`),
      fault(file, fault) {
        if (fault === undefined) faults.delete(file)
        else faults.set(file, fault.code)
      },
    },
    {
      timers: createSystemTimers(),
      startThread(workerData) {
        const worker = new Worker(THREAD, { workerData })
        workers.push(worker)
        return worker
      },
    },
  )
  onTestFinished(() => handedOver[Symbol.asyncDispose]())
  const put = (name: string, content: Uint8Array | string): void => writeFileSync(`${folder}/${name}`, content, { mode: 0o640 })
  return { folder, put, took, faults, grants, policies, workers, found, handedOver }
}

describe('createThreadedHandOver', () => {
  it('hands over every kind, in memory that is shared where it is long', async () => {
    const { put, took, found, handedOver, faults } = await scene()
    put('gate.key', `${'0f'.repeat(32)}\n`)
    put('policy.json', aSide('policy', 3))
    const user = { facility: '01234', rights: [], state: 'active', untilMs: null } as const
    const users = Array.from({ length: 5 }, (_, at) => ({ token: tokenOf(at), ...user }))
    put('users.json', formatUsers({ version: 4, publishedAt: '2026-03-02T01:00:00.000Z', keys: ['0123456789abcdef'], users }))
    put('blocks.json', aSide('blocks', 2))
    put('facilities.json', [...facilitiesChunks('203.0.113.0/24\t01234:22:1/CV\n', '0'.repeat(64))].join(''))
    await handedOver.look()
    expect(took).toEqual(['keys 32', 'policy 3 rehearse', 'users 4 5', 'verdicts 0', 'facilities'])
    expect(found).toEqual({ user: { token: tokenOf(3), ...user }, isOwner: true })
    expect([handedOver.versions(), faults.size]).toEqual([{ policy: 3, users: 4, grants: 0, blocks: 2 }, 0])
  })

  it('takes in the exemptions of a policy a few at a time, and tells it when all of them have come', async () => {
    const { put, handedOver, policies } = await scene()
    const exemptions = Array.from({ length: 700 }, (_, at) => ({
      rules: [],
      facility: String(10_000 + at),
      until: '2999-01-01T00:00Z',
      reason: 'not ready',
    }))
    const policy = { ...DEFAULT_GATE_POLICY, exemptions }
    put('policy.json', formatPolicy({ format: 'edgeward-policy/1', version: 1, publishedAt: '2026-03-02T01:00:00.000Z', policy }))
    await handedOver.look()
    expect(policies.map(({ document }) => document.policy)).toEqual([policy])
    const find = (facility: string) =>
      policies[0]?.exemptions?.find('shared', { account: undefined, facility, province: undefined, tokensOf: () => [] }, NOW_MS)
    expect([find('10000'), find('10699'), find('10700')]).toEqual([exemptions[0], exemptions[699], undefined])
  })

  it('tells a long list whole once, then its changes, a few at a time', async () => {
    const { put, grants, handedOver } = await scene()
    const all = Array.from({ length: 700 }, (_, at) => ({
      token: tokenOf(at),
      grantedAtMs: NOW_MS,
      usedAtMs: NOW_MS,
      endsAtMs: NOW_MS + 3_600_000,
      idleMs: 1_800_000,
    }))
    put('grants.json', formatGrants(grantsDocument(1, NOW_MS, all)))
    await handedOver.look()
    expect(grants.map(({ isWhole, isLast, set }) => [isWhole, isLast, set.length])).toEqual([
      [true, false, 250],
      [true, false, 250],
      [true, true, 200],
    ])
    grants.length = 0
    const used = all.slice(100).map((grant) => ({ ...grant, usedAtMs: NOW_MS + 1000 }))
    put('grants.json', formatGrants(grantsDocument(2, NOW_MS + 2000, used)))
    await handedOver.look()
    expect(grants.every(({ set, gone }) => set.length + gone.length <= 500)).toBe(true)
    expect([grants.flatMap(({ set }) => set).length, grants.flatMap(({ gone }) => gone).length]).toEqual([600, 100])
  })

  it('goes on with another thread where one dies: what was taken is taken from disk again, and nothing older', async () => {
    const { put, took, faults, workers, handedOver } = await scene()
    put('policy.json', aSide('policy', 3))
    await handedOver.look()
    await workers[0]?.terminate()
    put('policy.json', aSide('policy', 2))
    await handedOver.look()
    expect([workers.length, [...faults], took]).toEqual([2, [['policy.json', 'GATE_DOCUMENT_OLD']], ['policy 3 rehearse']])
    put('policy.json', aSide('policy', 3))
    await handedOver.look()
    expect([took.length, faults.size]).toEqual([2, 0])
  })

  it('follows a folder that another one has replaced, and tells of one that is gone', async () => {
    const { folder, put, took, faults, handedOver } = await scene()
    put('policy.json', aSide('policy', 3))
    await handedOver.look()
    renameSync(folder, `${folder}.old`)
    onTestFinished(() => rmSync(`${folder}.old`, { recursive: true }))
    await handedOver.look()
    expect([...faults]).toEqual([['policy.json', 'GATE_DOCUMENT_GONE']])
    await mkdir(folder)
    put('policy.json', aSide('policy', 4))
    await handedOver.look()
    expect([took.at(-1), faults.size]).toEqual(['policy 4 rehearse', 0])
  })

  it('says that a thread died under a look, and looks again', async () => {
    const { put, took, faults, workers, handedOver } = await scene()
    put('policy.json', aSide('policy', 3))
    const looking = handedOver.look()
    await workers[0]?.terminate()
    await looking
    expect([...faults]).toEqual([['reading', 'GATE_READER_FAILED']])
    await handedOver.look()
    expect([workers.length, took, faults.size]).toEqual([2, ['policy 3 rehearse'], 0])
  })

  it('is not held up by a folder that stands where a file should', async () => {
    const { folder, handedOver, faults } = await scene()
    await mkdir(`${folder}/users.json`)
    await handedOver.look()
    expect([...faults]).toEqual([['users.json', 'GATE_DOCUMENT_UNUSABLE']])
  })
})
