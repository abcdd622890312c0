import { expect, it, onTestFinished } from 'vitest'
import { formatGateKeys, gateKeyId } from '../../../rules/gate/gate-keys.ts'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import { formatUsers } from '../../../rules/users/users-document.ts'
import { runGate } from '../../support/gate-edge.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const KEY = Buffer.alloc(32, 7)
const [listed, unlisted] = ['1'.repeat(12), '2'.repeat(12)].map((citizen) => `01234_${citizen}`)

it('the gate notes the day of users whom the signed list knows and whom it lets through, and of nobody else', async () => {
  const running = await runGate({ folder: await temporaryFolder(), nowMs: DAY_OF_TESTS })
  onTestFinished(() => running.stop())
  const { gate, handOver } = running
  const token = gateToken(KEY, listed ?? '')
  const publishedAt = '2026-11-23T01:00:00.000Z'
  const user = { token, facility: '01234', rights: ['lookup' as const], state: 'active' as const, untilMs: null }
  const bytes = formatUsers({ version: 1, publishedAt, keys: [gateKeyId(KEY)], users: [user] })
  await handOver('gate.key', Buffer.from(formatGateKeys([KEY])), () => gate.holder.keysOf('01234').tokens.length > 0)
  await handOver('users.json', bytes, () => gate.holder.state.users !== undefined)
  const ask = (account: string | undefined) =>
    gate.desk.decide(
      {
        atMs: DAY_OF_TESTS,
        method: 'GET',
        uri: `/api/egw/KQNhanLichSuKCB2024?username=${account}`,
        ip: '203.0.113.7',
        authorization: undefined,
        accessToken: undefined,
      },
      undefined,
    )
  for (const account of [listed, listed, unlisted, '01234_BV']) ask(account)
  const { uses } = gate.desk.userUses.usesSince(0)
  expect(uses).toEqual([{ token, day: new Date(DAY_OF_TESTS + 7 * 3_600_000).toISOString().slice(0, 10) }])
})
