import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../rules/detect/detect-policy.ts'
import type { Detector } from '../rules/detect/detector.ts'
import { dayStartMs } from '../test/support/scenarios/request.ts'
import { createWorld, type WorldOptions } from '../test/support/scenarios/world.ts'
import type { BenchResult } from './bench-result.ts'
import { codeName, KEPT_FOLDER } from './kept-plays.ts'

type HonestWorld = Omit<WorldOptions, 'withSubjects'>

const WORLDS: Readonly<Record<string, HonestWorld>> = {
  country: { seed: 2024, facilities: 13_000, startMs: dayStartMs('2026-03-02'), days: 8 },
  // From four days before the holiday to the first working days after it, when everybody comes at once.
  Tết: { seed: 77, facilities: 1_500, startMs: dayStartMs('2026-02-10'), days: 16 },
}

/** What honest days came to so far, beside the state of the detector after them. */
interface LivedDays {
  readonly days: number
  readonly requests: number
  /** Accounts suspended, throttled and only named, and by which rule; an account may stand more than once. */
  readonly verdicts: Readonly<Record<'suspend' | 'throttle' | 'watch', readonly string[]>>
}

/**
 * Honest traffic of the whole country for 104,000 account-days, and of the days around Tết, with persons told and not told: whom the detection stops for nothing. Each day is kept with the
 * state after it (`.bench/`), so that an interrupted run goes on with the day it was in.
 */
export async function benchCountry(): Promise<readonly BenchResult[]> {
  return Object.entries(WORLDS).flatMap(([name, options]) =>
    [true, false].flatMap((withSubjects) => live(name, { ...options, withSubjects })),
  )
}

function live(name: string, options: WorldOptions): BenchResult[] {
  const world = createWorld(options)
  const title = `${name}, persons ${options.withSubjects ? 'told' : 'not told'}`
  const path = join(KEPT_FOLDER, `${title.replaceAll(/[^a-zế]+/giu, '-')}-${codeName()}`)
  const detector = createDetector(DEFAULT_DETECT_POLICY, {
    maskAccount: (account) => account,
    registrations: world.registrations,
  })
  let lived = restored(path, detector)
  for (let day = lived.days; day < world.days; day++) {
    lived = liveDay(world.traffic(day, day + 1), detector, lived)
    keep(path, detector, lived)
    const { suspend, throttle, watch } = lived.verdicts
    process.stderr.write(
      `${title}: day ${lived.days} of ${world.days}, ${(lived.requests / 1e6).toFixed(1)} million requests; suspended ${suspend.length} [${suspend.slice(0, 5).join('; ')}], throttled ${throttle.length} [${throttle.slice(0, 5).join('; ')}], named ${watch.length}\n`,
    )
  }
  const per100k = (count: number) => (count * 100_000) / (world.list.length * world.days)
  const row = (what: 'suspend' | 'throttle', words: string, limit: number): BenchResult => {
    const ours = per100k(lived.verdicts[what].length)
    return {
      bench: 'country',
      case: `${title}: ${words} in 100,000 account-days`,
      ours,
      limit,
      ratio: ours / limit,
      unit: 'accounts',
    }
  }
  return [row('suspend', 'suspended', 1), row('throttle', 'throttled', 10)]
}

function liveDay(
  traffic: ReturnType<ReturnType<typeof createWorld>['traffic']>,
  detector: Detector,
  before: LivedDays,
): LivedDays {
  const verdicts = {
    suspend: [...before.verdicts.suspend],
    throttle: [...before.verdicts.throttle],
    watch: [...before.verdicts.watch],
  }
  let { requests } = before
  for (const request of traffic) {
    requests++
    for (const { account, rule, action } of detector.observe(request))
      if (action !== 'release') verdicts[action].push(`${account} ${rule}`)
  }
  return { days: before.days + 1, requests, verdicts }
}

function restored(path: string, detector: Detector): LivedDays {
  const nothing: LivedDays = { days: 0, requests: 0, verdicts: { suspend: [], throttle: [], watch: [] } }
  if (!existsSync(`${path}.json`)) return nothing
  const lived = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as LivedDays
  detector.restore(readFileSync(`${path}.${lived.days}.state`))
  return lived
}

/** The state first, under a name of its day, so that the words never point to a state that is not there. */
function keep(path: string, detector: Detector, lived: LivedDays): void {
  mkdirSync(KEPT_FOLDER, { recursive: true })
  writeFileSync(`${path}.${lived.days}.state`, Buffer.concat([...detector.snapshot()]))
  writeFileSync(`${path}.json.new`, JSON.stringify(lived))
  renameSync(`${path}.json.new`, `${path}.json`)
}
