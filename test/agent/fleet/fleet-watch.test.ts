import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFleetWatch } from '../../../agent/fleet/fleet-watch.ts'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import { createFlagBook } from '../../../agent/watch/flag-book.ts'
import { createWatchServer, listenWatch } from '../../../agent/watch/watch-server.ts'
import type { WatchStatus } from '../../../agent/watch/watch-status.ts'
import { createFakeWatch } from '../../fakes/fake-watch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NEVER = new AbortController().signal
const TALLY = { boot: '0011223344556677', sequence: 3, isWhole: true, bytes: Uint8Array.of(1, 2, 3) }
const ACCOUNT = { token: 'a'.repeat(16), account: '01234_BV', facility: '01234', sources: ['20.0.0.66'] }

describe('createFleetWatch', () => {
  it('asks the socket of watch for tallies and accounts, as many as there are', async () => {
    const socket = join(await temporaryFolder(), 'watch.sock')
    const asked: number[] = []
    const app = createWatchServer({
      flags: createFlagBook([], 1000),
      readStatus: () => ({}) as WatchStatus,
      timers: createSystemTimers(),
      tallies: { held: () => [TALLY], find: (boot, sequence) => (boot === TALLY.boot && sequence === 3 ? TALLY : undefined) },
      async findAccounts(tokens) {
        asked.push(tokens.length)
        return tokens.includes(ACCOUNT.token) ? [ACCOUNT] : []
      },
    })
    await using _listening = await listenWatch(app, socket)
    const watch = createFleetWatch(socket)
    const offered = { ...TALLY, bytes: 3 }
    expect(await watch.tallies(NEVER)).toEqual([offered])
    expect([...((await watch.tally(offered, NEVER)) ?? [])]).toEqual([1, 2, 3])
    expect(await watch.tally({ ...offered, sequence: 4 }, NEVER)).toBeUndefined()
    expect(await watch.accounts([...Array<string>(100).fill('b'.repeat(16)), ACCOUNT.token], NEVER)).toEqual([ACCOUNT])
    expect(asked).toEqual([100, 1])
    await expect(watch.accounts(['../status'], NEVER)).rejects.toMatchObject({ code: 'WATCH_ANSWER' })
  })

  it('takes an older watch for one that counts nothing, and says where none is', async () => {
    const socket = join(await temporaryFolder(), 'watch.sock')
    await expect(createFleetWatch(socket).tallies(NEVER)).rejects.toMatchObject({ code: 'WATCH_AWAY' })
    await using _watch = await createFakeWatch(socket)
    expect(await createFleetWatch(socket).tallies(NEVER)).toEqual([])
    expect(await createFleetWatch(socket).accounts([ACCOUNT.token], NEVER)).toEqual([])
  })
})
