import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createReplay } from '../../../agent/replay/replay-logs.ts'
import { verdictJson } from '../../../agent/watch/verdict-text.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import type { Flag } from '../../../rules/reports/flag.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { createStillClock, runWatch } from '../../support/run-watch.ts'
import { dayStartMs, mergeByTime, toLogLine } from '../../support/scenarios/request.ts'
import { SCENARIOS } from '../../support/scenarios/scenario-bank.ts'
import { createWorld } from '../../support/scenarios/world.ts'
import { createSeeded } from '../../support/seeded.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const KEY = new Uint8Array(32).fill(5)
const WORLD = { seed: 11, facilities: 25, startMs: dayStartMs('2026-03-02'), days: 1, withSubjects: true }
/** As many of each attack as take their verdicts; all of them would take minutes. */
const MAX_ATTACK = 2_000

/** A small country's day with attacks in it, as a log. */
const LOG = (() => {
  const world = createWorld(WORLD)
  const attacks = ['steady', 'sources', 'in-step', 'walk', 'retries'].map((name, number) => {
    const scenario = SCENARIOS.find((each) => each.name === name)
    if (scenario === undefined) throw new Error(`no scenario ${name}`)
    return [...scenario.begin(world, number).requests].slice(0, MAX_ATTACK)
  })
  return Buffer.from([...mergeByTime(world.traffic(), ...attacks)].map((request) => `${toLogLine(request)}\n`).join(''))
})()
const LINES = LOG.toString('latin1').split('\n').length - 1

async function replayed(pieces: Iterable<Buffer>[]): Promise<string[]> {
  const cold = createReplay({ format: 'nginx-json', policy: DEFAULT_DETECT_POLICY, registrations: undefined, key: KEY })
  const verdicts: string[] = []
  for (const file of pieces) for await (const each of cold.read(asStream(file))) verdicts.push(...each.map(verdictJson))
  expect(cold.totals()).toMatchObject({ lines: LINES, requests: LINES })
  return verdicts
}

async function* asStream(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* pieces
}

/** `bytes` in pieces of 1 to `most` bytes. */
function* cut(bytes: Buffer, most: number, seed: number): Generator<Buffer> {
  const seeded = createSeeded(seed)
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + seeded.below(most)
    yield Buffer.from(bytes.subarray(at, end))
    at = end
  }
}

describe('createReplay', async () => {
  const whole = await replayed([[LOG]])

  it('finds the attacks that are in the log', () => {
    expect(new Set(whole.map((verdict) => (JSON.parse(verdict) as { action: string }).action))).toEqual(
      new Set(['watch', 'throttle', 'suspend', 'release']),
    )
  })

  it.each([
    [200, 1],
    [4_000, 2],
    [300_000, 3],
  ])('comes to the same verdicts from pieces of up to %i bytes (seed %i)', async (most, seed) => {
    expect(await replayed([cut(LOG, most, seed)])).toEqual(whole)
  })

  it.each([1, 2])('comes to the same verdicts from several files, one after another (seed %i)', async (seed) => {
    const seeded = createSeeded(seed)
    const borders = Array.from({ length: 4 }, () => LOG.indexOf('\n', seeded.below(LOG.length - 400)) + 1).sort((a, b) => a - b)
    const files = [0, ...borders].map((from, at) => [LOG.subarray(from, borders[at] ?? LOG.length)])
    expect(await replayed(files)).toEqual(whole)
  })

  it.each([
    ['ten times as fast as it was written', 1_200_000, 2, 0.1],
    ['as fast as it was written', 1_200_000, 3, 1],
  ])('comes to the verdicts that watch comes to that is given the log %s', async (_speed, most, seed, pace) => {
    const folder = await temporaryFolder()
    const monotonic = createStillClock()
    const { told, hasRead } = await runWatch({ folder, monotonic, clock: createMovableClock(WORLD.startMs) })
    let lines = 0
    let atMs = WORLD.startMs
    for (const piece of cut(LOG, most, seed)) {
      const nextMs = Date.parse(/"at":"([^"]{25,29})"/.exec(piece.toString('latin1'))?.[1] ?? '')
      monotonic.moveBy(Math.max(0, nextMs - atMs) * pace)
      atMs = nextMs
      appendFileSync(join(folder, 'access.log'), piece)
      lines += piece.toString('latin1').split('\n').length - 1
      await hasRead(lines)
    }
    expect(changesOf(told)).toEqual(changesOf(whole.map((verdict) => JSON.parse(verdict) as Verdict)))
  })
})

type Verdict = Pick<Flag, 'at' | 'account' | 'rule' | 'action' | 'requests' | 'subjects' | 'evidence'>

/** Without the renewals of flags that go on. */
function changesOf(flags: readonly Verdict[]): Verdict[] {
  const actions = new Map<string, string>()
  return flags.flatMap(({ at, account, rule, action, requests, subjects, evidence }) => {
    const key = `${action} ${rule}`
    if (actions.get(account) === key) return []
    actions.set(account, key)
    return [{ at: new Date(at).toISOString(), account, rule, action, requests, subjects, evidence }]
  })
}
