import { expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { createRehearsalCarrier } from '../../../agent/fleet/rehearsal-carrier.ts'
import type { ToldRehearsal } from '../../../rules/rehearsal/rehearsal-counts.ts'
import { createFakeControlClient } from '../../fakes/fake-control-client.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { aRehearsalCount } from '../../support/rehearsal-counts.ts'

const NEVER = new AbortController().signal
const BOOT = 'a'.repeat(16)

function scene() {
  const clock = createMovableClock(1_800_000_000_000)
  const client = createFakeControlClient()
  const log = createFakeLog()
  const asked: [string, number][] = []
  let told: ToldRehearsal | undefined
  const carrier = createRehearsalCarrier({
    watch: {
      async rehearsalCounts(boot: string, since: number) {
        asked.push([boot, since])
        return told
      },
    },
    client,
    clock,
    log,
  })
  return {
    clock,
    client,
    asked,
    carry: () => carrier.carry(NEVER),
    tell: (change: number, counts: number, boot = BOOT) => {
      const rows = Array.from({ length: counts }, (_, at) => aRehearsalCount({ source: `203.0.113.${at % 250}` }))
      told = { boot, change, policy: 1, judged: ['shared'], unlisted: 0, counts: rows }
    },
  }
}

it('what changed is told once, in messages of a thousand, and what the edge judges even where nothing was counted', async () => {
  const { carry, tell, client, asked, clock } = scene()
  await carry()
  await carry()
  clock.moveBy(3_600_000)
  tell(3, 0)
  await carry()
  await carry()
  tell(9, 1001)
  await carry().then(() => tell(9, 0))
  expect(client.posted.slice(0, 3).map(({ body }) => (body as ToldRehearsal).counts.length)).toEqual([0, 1000, 1])
  expect(asked.slice(0, 4)).toEqual([
    ['0'.repeat(16), 0],
    ['0'.repeat(16), 0],
    [BOOT, 3],
    [BOOT, 3],
  ])
})

it('what central did not take is told again, what it refuses is left out, and one that knows nothing of it is left alone', async () => {
  const { carry, tell, client, asked, clock } = scene()
  tell(5, 1)
  client.failPosts(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
  await carry()
  client.failPosts(new ControlLinkError('CONTROL_REFUSED', 'bad', { status: 400 }))
  await carry()
  tell(6, 1)
  client.failPosts(new ControlLinkError('CONTROL_NOT_FOUND', 'old', { status: 404 }))
  await carry()
  await carry()
  clock.moveBy(3_600_000)
  client.failPosts(undefined)
  await carry()
  expect(asked.map(([, since]) => since)).toEqual([0, 0, 5, 5])
  expect(client.posted).toHaveLength(1)
})
