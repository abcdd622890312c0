import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Flag } from '../../../rules/reports/flag.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { makePipe } from '../../support/make-pipe.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { runAgent } from '../../support/run-agent.ts'
import { createStillClock, type RunWatchOptions, runWatch } from '../../support/run-watch.ts'
import { makeFacilities, type ScenarioFacility } from '../../support/scenarios/facilities.ts'
import { ordinaryDay } from '../../support/scenarios/ordinary-day.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, mergeByTime, toLogLine } from '../../support/scenarios/request.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const MONDAY = dayStartMs('2026-03-02')
const EIGHT = MONDAY + 8 * 3_600_000
const THIEF: ScenarioFacility = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }

function linesOf(requests: Iterable<AttributedRequest>): string {
  return [...requests].map((request) => `${toLogLine(request)}\n`).join('')
}

function stolen(lookups = 400): string {
  return linesOf(harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups }))
}

/** A flag that goes on is told again with a later end. */
function withoutRenewals(told: readonly Flag[]): Flag[] {
  const actions = new Map<string, string>()
  return told.filter(({ account, action }) => {
    const isNew = actions.get(account) !== action
    actions.set(account, action)
    return isNew
  })
}

describe.each([
  ['createWatch', false],
  ['createThreadedWatch', true],
] as const)('%s', (_name, isThreaded) => {
  const run = (options: RunWatchOptions) => runWatch({ ...options, isThreaded })

  it('flags a harvester while the log grows, is rotated and grows on', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const { watch, told, hasRead } = await run({ folder })
    const lines = stolen().split('\n')
    writeFileSync(path, `${lines.slice(0, 150).join('\n')}\n`)
    await hasRead(150)
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, `${lines.slice(150, 200).join('\n')}\n`)
    writeFileSync(path, lines.slice(200).join('\n'))
    await hasRead(400)
    expect(told.map(({ action, account, requests }) => [action, account, requests])).toEqual([['suspend', '79999_BV', 321]])
    expect(watch.status().logs[0]).toMatchObject({ lines: 400, requests: 400, faults: {}, lostBytes: 0, rotations: 1 })
  })

  it.each<[string, (path: string) => unknown]>([
    ['a folder', mkdirSync],
    ['a named pipe', makePipe],
  ])('is not ready and says what to do while the path of a log leads to %s', async (kind, make) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    await make(path)
    const { watch, hasRead } = await run({ folder })
    const fault = await until('the fault', () => watch.status().faults[0])
    expect(fault).toMatchObject({ code: 'LOG_UNREADABLE', message: expect.stringMatching(`it is ${kind}; (name|let) the`) })
    expect(watch.status()).toMatchObject({ isReady: false, logs: [{ isThere: false }] })
    rmSync(path, { recursive: true })
    writeFileSync(path, stolen(3))
    await hasRead(3)
    await until('the end of the fault', () => (watch.status().faults.length === 0 ? true : undefined))
    expect(watch.status().isReady).toBe(true)
  })

  it('tells of look-ups whose account nobody can tell', async () => {
    const folder = await temporaryFolder()
    const nobody = [{ account: undefined }, { account: undefined, function: 'token/take' }, {}].map((fields) => aRequest(fields))
    writeFileSync(join(folder, 'access.log'), linesOf(nobody))
    const { watch, hasRead } = await run({ folder })
    await hasRead(3)
    expect(watch.status().logs[0]).toMatchObject({ requests: 3, unnamed: 1 })
  })

  it('comes to the verdicts that a replay of the same lines comes to', async () => {
    const folder = await temporaryFolder()
    const facilities = makeFacilities(21, 40)
    const day = [
      ...mergeByTime(
        ordinaryDay({ seed: 22, facilities, startMs: MONDAY, withSubjects: true }),
        harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups: 3_000 }),
        harvest({ facility: { ...THIEF, account: '79998_BV' }, startMs: EIGHT + 60_000, withSubjects: false, lookups: 500 }),
      ),
    ]
    const text = linesOf(day)
    const { told, hasRead } = await run({ folder })
    const cuts = Array.from({ length: 9 }, (_, part) => text.slice((text.length * part) / 9, (text.length * (part + 1)) / 9))
    for (const cut of cuts) appendFileSync(join(folder, 'access.log'), cut)
    await hasRead(day.length)
    const { stdout } = await runAgent(['replay', '--format', 'nginx-json', '--json', join(folder, 'access.log')])
    const cold = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const live = withoutRenewals(told).map(({ at, account, rule, action, requests, subjects, evidence }) => {
      return { at: Date.parse(at), account, rule, action, requests, subjects, evidence }
    })
    expect(live).toEqual(cold.map((verdict) => ({ ...verdict, at: Date.parse(String(verdict.at)) })))
    expect(live).toHaveLength(4)
  })

  it('counts over all its logs together', async () => {
    const folder = await temporaryFolder()
    const logs = ['http.log', 'https.log'].map((name) => ({ path: join(folder, name), format: 'nginx-json' as const }))
    const lines = stolen().trim().split('\n')
    for (const [number, { path }] of logs.entries()) {
      writeFileSync(
        path,
        lines
          .filter((_, at) => at % 2 === number)
          .map((line) => `${line}\n`)
          .join(''),
      )
    }
    const { told, hasRead } = await run({ folder, options: { logs } })
    await hasRead(400)
    expect(told.map(({ action }) => action)).toEqual(['suspend'])
  })

  it('goes on with broken state, and says so', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'state'))
    writeFileSync(join(folder, 'state', 'positions.json'), '{"format":"edgeward-posi')
    writeFileSync(join(folder, 'state', 'flags.json'), '{"format":"edgeward-flags/1","flags":[{}]}')
    writeFileSync(join(folder, 'access.log'), stolen())
    const { watch, told, hasRead, stop } = await run({ folder })
    await hasRead(400)
    expect(told).toHaveLength(1)
    expect(watch.status().faults.map(({ code }) => code)).toEqual(['POSITIONS_BROKEN', 'FLAGS_BROKEN'])
    await stop()
    expect(JSON.parse(readFileSync(join(folder, 'state', 'flags.json'), 'utf8'))).toMatchObject({
      flags: [{ account: '79999_BV' }],
    })
  })

  it('says that a log cannot be read, and reads it when it can', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    symlinkSync('access.log', path)
    const { watch, hasRead } = await run({ folder })
    await until('the fault', () => (watch.status().faults[0]?.code === 'LOG_UNREADABLE' ? true : undefined))
    expect(watch.status().isReady).toBe(false)
    rmSync(path)
    writeFileSync(path, stolen(3))
    await hasRead(3)
    await until('the end of the fault', () => (watch.status().faults.length === 0 ? true : undefined))
    expect(watch.status().isReady).toBe(true)
  })

  it('names unread lines by reason and shows no text of them', async () => {
    const folder = await temporaryFolder()
    writeFileSync(
      join(folder, 'access.log'),
      Buffer.concat([Buffer.from('secret-text\n\n'), Buffer.alloc(1_100_000, 0x80), Buffer.from('\n')]),
    )
    const { watch, hasRead } = await run({ folder })
    await hasRead(3)
    expect(watch.status().logs[0]).toMatchObject({ requests: 0, faults: { NOT_JSON: 1, EMPTY_LINE: 1, LINE_TOO_LONG: 1 } })
    expect(JSON.stringify(watch.status())).not.toContain('secret-text')
  })
})

describe('createWatch', () => {
  it('keeps suspensions over a restart, and reads no line twice', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const clock = createMovableClock(EIGHT + 60_000)
    writeFileSync(path, stolen())
    const first = await runWatch({ folder, clock, monotonic: createStillClock() })
    await first.hasRead(400)
    const [flag] = first.watch.flags.live()
    await first.stop()
    appendFileSync(path, `${toLogLine(aRequest({ atMs: EIGHT + 61_000 }))}\n`)
    const second = await runWatch({ folder, clock, monotonic: createStillClock() })
    expect(second.watch.flags.live()).toEqual([{ ...flag, until: expect.any(String) }])
    await second.hasRead(1)
    expect(second.watch.status().logs[0]?.lines).toBe(1)
    expect(second.told).toEqual([])
  })

  it('goes on counting after a restart where it stopped', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const lines = stolen(321).trim().split('\n')
    writeFileSync(path, `${lines.slice(0, 200).join('\n')}\n`)
    const first = await runWatch({ folder })
    await first.hasRead(200)
    await first.stop()
    appendFileSync(path, `${lines.slice(200).join('\n')}\n`)
    const second = await runWatch({ folder })
    await second.hasRead(121)
    expect(second.told.map(({ action, requests }) => [action, requests])).toEqual([['suspend', 321]])
  })

  it('counts each line once when it is killed between two saves, whichever file was written last', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const lines = stolen(300).trim().split('\n')
    const monotonic = createStillClock()
    writeFileSync(path, `${lines.slice(0, 150).join('\n')}\n`)
    const killed = await runWatch({ folder, monotonic })
    await killed.hasRead(150)
    await until('the counts on disk', () => (existsSync(join(folder, 'state', 'counts.bin')) ? true : undefined))
    appendFileSync(path, `${lines.slice(150, 250).join('\n')}\n`)
    await killed.hasRead(250)
    const before = readFileSync(join(folder, 'state', 'positions.json'), 'utf8')
    monotonic.moveBy(1000)
    await until('newer positions on disk', () =>
      readFileSync(join(folder, 'state', 'positions.json'), 'utf8') === before ? undefined : true,
    )
    cpSync(join(folder, 'state'), join(folder, 'as-it-was'), { recursive: true })
    appendFileSync(path, `${lines.slice(250).join('\n')}\n`)
    const again = await runWatch({ folder, monotonic, options: { stateDir: join(folder, 'as-it-was') } })
    await again.hasRead(150)
    monotonic.moveBy(5000)
    await until('all of them counted', () => (again.watch.status().accounts.top[0]?.lookups1h === 300 ? true : undefined))
    expect(again.watch.status().logs[0]?.lines).toBe(150)
  })

  it('begins anew, and says so, when the counts on disk are torn', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    writeFileSync(path, stolen(200))
    const first = await runWatch({ folder })
    await first.hasRead(200)
    await first.stop()
    const file = join(folder, 'state', 'counts.bin')
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length - 40))
    appendFileSync(path, stolen(3))
    const second = await runWatch({ folder, monotonic: createStillClock() })
    await second.hasRead(3)
    expect(second.watch.status().faults.map(({ code }) => code)).toEqual(['COUNTS_BROKEN'])
    expect(second.watch.status().logs[0]?.lines).toBe(3)
  })

  it('writes a verdict at once, so that a crash right after it forgets nothing', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    const lines = stolen().split('\n')
    writeFileSync(path, `${lines.slice(0, 150).join('\n')}\n`)
    const { watch, hasRead } = await runWatch({ folder, monotonic: createStillClock() })
    await until('the first positions on disk', () => (existsSync(join(folder, 'state', 'positions.json')) ? true : undefined))
    appendFileSync(path, lines.slice(150).join('\n'))
    await hasRead(400)
    const [flag] = watch.flags.live()
    const kept = await until('the verdict on disk', () => {
      const file = join(folder, 'state', 'flags.json')
      return existsSync(file) && readFileSync(file, 'utf8').includes('79999_BV') ? readFileSync(file, 'utf8') : undefined
    })
    expect(JSON.parse(kept)).toMatchObject({ flags: [{ account: '79999_BV', at: flag?.at, action: 'suspend' }] })
  })

  it('releases an account when its time has come, also when nobody writes to the log', async () => {
    const folder = await temporaryFolder()
    const monotonic = createStillClock()
    writeFileSync(join(folder, 'access.log'), stolen())
    const { told, hasRead } = await runWatch({ folder, monotonic })
    await hasRead(400)
    await until('the release', () => {
      monotonic.moveBy(31 * 60_000)
      return told.at(-1)?.action === 'release' ? true : undefined
    })
    expect(told.map(({ action }) => action)).toEqual(['suspend', 'release'])
  })

  it('releases an account flagged before a restart by the wall clock when the log stays empty', async () => {
    const folder = await temporaryFolder()
    const clock = createMovableClock(EIGHT + 60_000)
    writeFileSync(join(folder, 'access.log'), stolen())
    const first = await runWatch({ folder, clock })
    await first.hasRead(400)
    await first.stop()
    clock.moveBy(31 * 60_000)
    const second = await runWatch({ folder, clock })
    await until('the release', () => (second.told.at(-1)?.action === 'release' ? true : undefined))
    expect(second.watch.flags.live()).toEqual([])
  })

  it('goes on counting when its state cannot be written, and says so until it can', async () => {
    const folder = await temporaryFolder()
    const monotonic = createStillClock()
    const { watch, hasRead } = await runWatch({ folder, monotonic })
    await until('the first save', () => (existsSync(join(folder, 'state', 'positions.json')) ? true : undefined), { everyMs: 5 })
    rmSync(join(folder, 'state'), { recursive: true })
    writeFileSync(join(folder, 'state'), 'in the way')
    writeFileSync(join(folder, 'access.log'), stolen())
    await hasRead(400)
    const faultAfterSaving = () => {
      monotonic.moveBy(1000)
      return watch.status().faults[0]?.code ?? 'none'
    }
    await until('the fault', () => (faultAfterSaving() === 'STATE_UNWRITABLE' ? true : undefined))
    rmSync(join(folder, 'state'))
    mkdirSync(join(folder, 'state'))
    await until('the end of the fault', () => (faultAfterSaving() === 'none' ? true : undefined))
  })
})
