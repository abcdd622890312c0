import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMovableClock } from '../../support/movable-clock.ts'
import { createStillClock, runWatch } from '../../support/run-watch.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const DAY_MS = 86_400_000
const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const THIEF = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }

function stolen(lookups = 400): string {
  return [...harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups })]
    .map((request) => `${toLogLine(request)}\n`)
    .join('')
}

/** Lines of somebody else, the last sign that the watch went on. */
function calm(atMs: number, count = 1): string {
  return Array.from({ length: count }, (_, number) => `${toLogLine(aRequest({ atMs: atMs + number * 1000 }))}\n`).join('')
}

describe('createWatch while somebody sets the clock of the host', () => {
  it.each([
    ['a day on', DAY_MS],
    ['a day back', -DAY_MS],
    ['back to 1970', -EIGHT],
    ['to 2038 and beyond', 13 * 365 * DAY_MS],
  ])('%s: a suspension lasts as long as it was to last', async (_how, ms) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const clock = createMovableClock(EIGHT + 60_000)
    const monotonic = createStillClock()
    writeFileSync(path, stolen())
    const { watch, told, hasRead } = await runWatch({ folder, clock, monotonic })
    await hasRead(400)
    clock.moveBy(ms)
    monotonic.moveBy(20 * 60_000)
    appendFileSync(path, calm(EIGHT + 20 * 60_000, 3))
    await hasRead(403)
    expect(watch.flags.live().map(({ action }) => action)).toEqual(['suspend'])
    await until('the release', () => {
      monotonic.moveBy(5 * 60_000)
      return told.at(-1)?.action === 'release' ? true : undefined
    })
    expect(told.map(({ action }) => action)).toEqual(['suspend', 'release'])
    const released = Date.parse(told.at(-1)?.at ?? '') - EIGHT
    expect(released).toBeGreaterThan(30 * 60_000)
    expect(released).toBeLessThan(32 * 60_000)
  })

  it.each([
    ['a day back', -DAY_MS],
    ['back to 1970', -EIGHT],
  ])('%s, over a restart: it knows the suspension and the place', async (_how, ms) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const clock = createMovableClock(EIGHT + 60_000)
    writeFileSync(path, stolen())
    const first = await runWatch({ folder, clock, monotonic: createStillClock() })
    await first.hasRead(400)
    await first.stop()
    clock.moveBy(ms)
    appendFileSync(path, calm(EIGHT + 60_000))
    const second = await runWatch({ folder, clock, monotonic: createStillClock() })
    await second.hasRead(1)
    expect(second.watch.flags.live().map(({ account, action }) => [account, action])).toEqual([['79999_BV', 'suspend']])
    expect(second.watch.status().logs[0]?.lines).toBe(1)
  })
})
