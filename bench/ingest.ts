import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogIntake } from '../agent/watch/log-intake.ts'
import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../rules/detect/detect-policy.ts'
import type { Detector } from '../rules/detect/detector.ts'
import type { Registrations } from '../rules/detect/registered-facility.ts'
import { createAttributor } from '../rules/requests/attributor.ts'
import { createMasker } from '../rules/requests/mask-account.ts'
import { spawnHere } from '../test/support/service.ts'
import { type AccessLogOptions, writeAccessLog } from './access-log.ts'
import type { BenchResult } from './bench-result.ts'
import { writeMorningLog } from './morning-log.ts'
import { usedBytes } from './used-bytes.ts'

const LINES = 1_000_000
const CHUNK_BYTES = 262_144
/** Each case is run so often, turn about, and the best counts: other work on the machine only ever makes it slower. */
const ROUNDS = 3
/** Counts the lines of each account, the least that any tool would do; no attribution, no windows, no rules. */
const MAWK =
  'match($0, /[?&][Uu]ser[Nn]ame=[^&" ]*/) { n[substr($0, RSTART + 10, RLENGTH - 10)]++ } END { for (a in n) k++; print k }'

/** What `watch` may take for 200,000 accounts. */
const MEMORY_LIMIT_MB = 200

/** A log, and the registrations that fit it. */
interface IngestCase {
  readonly name: string
  readonly write: (file: string) => Registrations | undefined
}

const CASES: readonly IngestCase[] = [
  morning('an ordinary morning of 13,000 facilities', false),
  morning('an ordinary morning, persons told', true),
  blind('13,000 accounts picked blindly, not registered', { lines: LINES, seed: 2019 }),
  blind('200,000 named users picked blindly, not registered', { lines: LINES, seed: 2019, users: 200_000 }),
]

function morning(name: string, withSubjects: boolean): IngestCase {
  return { name, write: (file) => writeMorningLog(file, { lines: LINES, seed: 2019, withSubjects }) }
}

function blind(name: string, options: AccessLogOptions): IngestCase {
  return {
    name,
    write(file) {
      writeAccessLog(file, options)
      return undefined
    },
  }
}

/**
 * Lines a second from the file to attributed requests, and on through windows and rules, beside mawk on the same file in the same run; and what detection
 * holds at the end.
 */
export async function benchIngest(): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-bench-'))
  try {
    const results: BenchResult[] = []
    for (const each of CASES) results.push(...(await measure(join(folder, 'access.log'), each)))
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(file: string, { name, write }: IngestCase): Promise<BenchResult[]> {
  const registrations = write(file)
  const best = { mawk: Infinity, parse: Infinity, count: Infinity }
  for (let round = 0; round < ROUNDS; round += 1) {
    best.mawk = Math.min(best.mawk, await timeMawk(file))
    best.parse = Math.min(best.parse, timeIngest(file, undefined))
    best.count = Math.min(best.count, timeIngest(file, createCounter(registrations)))
  }
  const memory = Math.round(megabytesFor(file, registrations))
  return [
    resultOf(`parse and attribute, ${name}`, best.parse, best.mawk),
    resultOf(`and count, judge, ${name}`, best.count, best.mawk),
    {
      bench: 'ingest',
      case: `memory, ${name}`,
      ours: memory,
      limit: MEMORY_LIMIT_MB,
      ratio: memory / MEMORY_LIMIT_MB,
      unit: 'MB',
    },
  ]
}

/** What detection holds after the whole log. */
function megabytesFor(file: string, registrations: Registrations | undefined): number {
  const before = usedBytes()
  const detector = createCounter(registrations)
  timeIngest(file, detector)
  const bytes = usedBytes() - before
  if (detector.size === 0) throw new Error('No account is held: the figure would mean nothing')
  return bytes / 1_048_576
}

function resultOf(name: string, ourMs: number, limitMs: number): BenchResult {
  const [ours, limit] = [ourMs, limitMs].map((ms) => Math.round((LINES / ms) * 1000))
  return { bench: 'ingest', case: name, ours: ours ?? 0, limit: limit ?? 0, ratio: limitMs / ourMs, unit: 'lines/s' }
}

function createCounter(registrations: Registrations | undefined): Detector {
  const maskAccount = createMasker(new Uint8Array(32))
  return createDetector(DEFAULT_DETECT_POLICY, { maskAccount, ...(registrations === undefined ? {} : { registrations }) })
}

/** @param detector counts and judges what is read, as `watch` has it do; without one it is only parsed and attributed */
function timeIngest(file: string, detector: Detector | undefined): number {
  const start = performance.now()
  const intake = createLogIntake({
    format: 'nginx-json',
    key: new Uint8Array(32),
    attributor: createAttributor(),
    takeRequest: (request) => void detector?.observe(request),
    ...(detector === undefined ? {} : { lookups: detector }),
  })
  const splitter = intake.createSplitter()
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  const input = openSync(file, 'r')
  for (let bytes = readSync(input, chunk); bytes > 0; bytes = readSync(input, chunk)) splitter.push(chunk.subarray(0, bytes))
  splitter.finish()
  closeSync(input)
  const { requests, unnamed } = intake.counts
  if (requests - unnamed !== LINES)
    throw new Error(`Only ${requests - unnamed} of ${LINES} lines were attributed: the figures would mean nothing`)
  return performance.now() - start
}

async function timeMawk(file: string): Promise<number> {
  const start = performance.now()
  const [code] = (await once(spawnHere('mawk', [MAWK, file]), 'close')) as [number | null]
  if (code !== 0) throw new Error(`mawk ended with ${code}; is it installed?`)
  return performance.now() - start
}
