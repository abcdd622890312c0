import { expect, it } from 'vitest'
import { createUserUseCarrier } from '../../../agent/fleet/user-use-carrier.ts'
import { createUserUseBook } from '../../../rules/users/user-use-book.ts'
import { createFakeControlClient } from '../../fakes/fake-control-client.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const NEVER = new AbortController().signal
const AT = Date.parse('2026-03-02T01:00:00Z')

it('the last days of users are told once, and again where central did not take them; without a gate nothing is', async () => {
  const book = createUserUseBook()
  const client = createFakeControlClient()
  let hasGate = true
  const watch = { userUses: async (since: number) => (hasGate ? book.usesSince(since) : undefined) }
  const carrier = createUserUseCarrier({ watch, client, clock: createMovableClock(AT), log: createFakeLog() })
  await carrier.carry(NEVER)
  book.use('aaaaaaaaaaaaaaaa', AT)
  client.failPosts(new Error('away'))
  await carrier.carry(NEVER)
  client.failPosts(undefined)
  await carrier.carry(NEVER)
  await carrier.carry(NEVER)
  hasGate = false
  await carrier.carry(NEVER)
  expect(client.posted).toEqual([{ path: '/v1/user-uses', body: { uses: [{ token: 'aaaaaaaaaaaaaaaa', day: '2026-03-02' }] } }])
})
