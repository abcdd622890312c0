import { appendFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Watch } from '../../../agent/watch/watch.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { accountToken } from '../../../rules/tallies/account-token.ts'
import { FleetTallies } from '../../../rules/tallies/fleet-tallies.ts'
import { parseTally } from '../../../rules/tallies/tally-bytes.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { createStillClock, runWatch } from '../../support/run-watch.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { dayStartMs, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const THIEF = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }
const KEY = new Uint8Array(32).fill(9)
const TALLIES = { edge: 'edge-1', key: KEY }
const TOKEN = accountToken(THIEF.account, KEY)

function linesOf(requests: Iterable<AttributedRequest>): string[] {
  return [...requests].map((request) => `${toLogLine(request)}\n`)
}

const LINES = linesOf(harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups: 90 }))

/** What central has after all that is offered. */
function fleetOf(...watches: readonly Watch[]): [number, number] {
  const fleet = new FleetTallies()
  for (const watch of watches)
    for (const { bytes, isWhole } of watch.tallies.held()) fleet.take(parseTally(bytes), EIGHT, isWhole)
  const sum = fleet.sum(TOKEN, 10, EIGHT)
  return [sum.counts.lookups, sum.persons()]
}

describe.each([
  ['in this thread', false],
  ['on a thread of its own', true],
] as const)('tallies of watch %s', (_where, isThreaded) => {
  it('are offered with what was counted, and tell who is meant by a token', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'access.log'), LINES.join(''))
    const monotonic = createStillClock()
    const { watch, hasRead } = await runWatch({ folder, isThreaded, tallies: TALLIES, ...(isThreaded ? {} : { monotonic }) })
    await hasRead(LINES.length)
    if (!isThreaded) monotonic.moveBy(31_000)
    await until('a tally', () => (fleetOf(watch)[0] === LINES.length ? true : undefined))
    expect(fleetOf(watch)).toEqual([90, 90])
    expect(await watch.findAccounts([TOKEN, 'a'.repeat(16)])).toEqual([
      { token: TOKEN, account: '79999_BV', facility: '79999', sources: ['14.225.9.9'] },
    ])
  })
})

describe('tallies over a restart', () => {
  it('count nothing twice when the lines since the last save are read again', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const monotonic = createStillClock()
    const clock = createMovableClock(EIGHT)
    const options = { folder, clock, monotonic, tallies: TALLIES }
    writeFileSync(path, LINES.slice(0, 30).join(''))
    const first = await runWatch(options)
    await first.hasRead(30)
    await first.stop()
    const second = await runWatch(options)
    appendFileSync(path, LINES.slice(30, 60).join(''))
    cpSync(join(folder, 'state'), join(folder, 'crashed'), { recursive: true })
    await second.hasRead(30)
    monotonic.moveBy(31_000)
    await until('a tally', () => (fleetOf(second.watch)[0] === 60 ? true : undefined))
    const sent = second.watch
    await second.stop()
    // As after SIGKILL: what was saved last is older than what was sent.
    cpSync(join(folder, 'crashed'), join(folder, 'state'), { recursive: true })
    appendFileSync(path, LINES.slice(60).join(''))
    const third = await runWatch(options)
    await third.hasRead(60)
    monotonic.moveBy(31_000)
    await until('all of it', () => (fleetOf(third.watch)[0] === 90 ? true : undefined))
    expect(fleetOf(sent, third.watch)).toEqual([90, 90])
  })

  it('offer nothing without the key of the edges', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'access.log'), LINES.join(''))
    const { watch, hasRead } = await runWatch({ folder })
    await hasRead(LINES.length)
    expect(watch.tallies.held()).toEqual([])
    expect(await watch.findAccounts([TOKEN])).toEqual([])
  })
})
