import { expect, it, vi } from 'vitest'
import { publishPolicy } from '../../control-api/policy/publish-policy.ts'
import { formatGateKeys } from '../../rules/gate/gate-keys.ts'
import { parsePolicy } from '../../rules/gate/policy-document.ts'
import { parseUsers } from '../../rules/users/users-document.ts'
import { GATE_KEY } from '../support/control-app.ts'
import { startFleetEdge } from '../support/fleet-lab.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { createUsersLab, USERS_START_MS } from '../support/users-lab.ts'

it('an approved user and a policy reach the gate of an edge by an event, without a pass, and lie there after a restart without central', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: USERS_START_MS })
  try {
    const world = await createUsersLab()
    const folder = await temporaryFolder()
    const key = new Uint8Array(32).fill(3)
    const { lab } = await startFleetEdge({ world, folder, name: 'edge-1', key, startMs: USERS_START_MS })
    await until('the stream', () => lab.agent.status().stream === 'connected' || undefined)
    lab.handOver.setThere(true)
    const tried = lab.agent.status().lastPull.triedAt
    await world.grant()
    await world.approve(await world.enter(1))
    await world.context.users.work()
    const { context } = world
    await publishPolicy({ ...context, repository: world.files }, { person: 'approver-1', role: 'approver' }, '', 'first')
    await until(
      'the documents',
      () => (lab.handOver.files.has('users.json') && lab.handOver.files.has('policy.json')) || undefined,
    )
    const users = parseUsers(lab.handOver.files.get('users.json') ?? new Uint8Array())
    expect(users.find(world.tokenOf(1))).toMatchObject({ facility: '24001', state: 'active' })
    expect(parsePolicy(lab.handOver.files.get('policy.json') ?? new Uint8Array()).version).toBe(1)
    await until('the keys', () => lab.handOver.files.get('gate.key')?.toString() === formatGateKeys([GATE_KEY]) || undefined)
    expect(lab.agent.status()).toMatchObject({ documents: { users: 1, policy: 1, grants: 0 }, lastPull: { triedAt: tried } })
    await lab.stop()
    lab.handOver.files.clear()
    const again = await lab.restart({ ports: { openCentral: () => Promise.reject(new Error('central is away')) } })
    expect([...again.handOver.files.keys()].toSorted()).toEqual(['policy.json', 'users.json'])
  } finally {
    vi.useRealTimers()
  }
})
