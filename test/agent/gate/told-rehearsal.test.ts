import { describe, expect, it, onTestFinished } from 'vitest'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import { createWatchServer } from '../../../agent/watch/watch-server.ts'
import { formatGateKeys } from '../../../rules/gate/gate-keys.ts'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import type { ToldRehearsal } from '../../../rules/rehearsal/rehearsal-counts.ts'
import { runGate } from '../../support/gate-edge.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CITIZEN = '0'.repeat(12)
const KEY = Buffer.alloc(32, 7)

async function aWatch(tellFacility: boolean) {
  const folder = await temporaryFolder()
  const running = await runGate({ folder, nowMs: DAY_OF_TESTS, options: { tellFacility, strongest: 'rehearse' } })
  onTestFinished(() => running.stop())
  const { gate, flags, handOver } = running
  const app = createWatchServer({ flags, readStatus: () => ({}) as never, gate, timers: createSystemTimers() })
  onTestFinished(() => app.close())
  const ask = (account: string) =>
    gate.desk.decide(
      {
        atMs: DAY_OF_TESTS,
        method: 'GET',
        uri: `/api/egw/KQNhanLichSuKCB595?username=${account}`,
        ip: '203.0.113.7',
        authorization: undefined,
        accessToken: undefined,
      },
      `HIS ${CITIZEN}`,
    )
  const told = async (query = '') => (await app.inject(`/rehearsal-counts${query}`)).json<ToldRehearsal>()
  return { app, ask, told, handOver }
}

describe('GET /rehearsal-counts', () => {
  it('tells what changed since, named accounts by their token, and which rules count', async () => {
    const { ask, told, handOver } = await aWatch(true)
    await handOver('gate.key', formatGateKeys([KEY]), ({ holder }) => holder.hasKeys)
    ask(`01234_${CITIZEN}`)
    ask('01234_BV')
    const first = await told()
    expect(first.counts.map(({ reason, account, would }) => [reason, account, would])).toEqual([
      ['FUNCTION_RETIRED', gateToken(KEY, `01234_${CITIZEN}`), 1],
      ['FUNCTION_RETIRED', '01234_BV', 1],
      ['SHARED_ACCOUNT', '01234_BV', 1],
    ])
    expect(first).toMatchObject({ policy: null, unlisted: 0 })
    expect(first.judged).toEqual(['suspended', 'retired', 'unnamed', 'shared', 'throttled', 'rate'])
    expect(JSON.stringify(first)).not.toContain(CITIZEN)
    ask('01234_BV')
    const next = await told(`?boot=${first.boot}&since=${first.change}`)
    expect(next.counts.map(({ reason, would }) => [reason, would])).toEqual([
      ['FUNCTION_RETIRED', 2],
      ['SHARED_ACCOUNT', 2],
    ])
    expect((await told(`?boot=${'0'.repeat(16)}&since=${next.change}`)).counts).toHaveLength(3)
  })

  it('tells a person by the mask of this host while there is no key, and nothing where facilities must not travel', async () => {
    const open = await aWatch(true)
    open.ask(`01234_${CITIZEN}`)
    expect((await open.told()).counts[0]?.account).toMatch(/^01234_[a-p]{12}$/)
    const shut = await aWatch(false)
    shut.ask('01234_BV')
    expect((await shut.app.inject('/rehearsal-counts')).statusCode).toBe(404)
    expect((await open.app.inject('/rehearsal-counts?since=x')).statusCode).toBe(400)
  })
})
