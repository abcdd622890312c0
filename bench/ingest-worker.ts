/** Program of the benchmark `ingest`: reads one log as the reading thread of `watch` does, in a process that has read nothing else. */
import { closeSync, openSync, readSync } from 'node:fs'
import { createLogIntake } from '../agent/watch/log-intake.ts'
import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../rules/detect/detect-policy.ts'
import type { Detector } from '../rules/detect/detector.ts'
import { createAttributor } from '../rules/requests/attributor.ts'
import { createMasker } from '../rules/requests/mask-account.ts'
import { INGEST_LINES, INGEST_LOGS } from './ingest-logs.ts'
import { usedBytes } from './used-bytes.ts'

const CHUNK_BYTES = 262_144
/** Whoever follows a log has read more than a million lines before; so the log is read so often, and the fastest time counts. */
const PASSES = 5

/** What is done with the lines: taken apart and attributed; counted and judged as well; the same once, to see what it holds. */
export type IngestTask = 'parse' | 'judge' | 'memory'

/** What the worker prints: milliseconds of its fastest pass, or the bytes that detection holds. */
export interface IngestFigure {
  readonly figure: number
}

/** @param detector counts and judges what is read, as `watch` has it do; without one it is only parsed and attributed */
function timePass(file: string, detector: Detector | undefined): number {
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
  if (requests - unnamed !== INGEST_LINES)
    throw new Error(`Only ${requests - unnamed} of ${INGEST_LINES} lines were attributed: the figures would mean nothing`)
  return performance.now() - start
}

function figureOf(name: string, file: string, task: IngestTask): number {
  const log = INGEST_LOGS.find((each) => each.name === name)
  if (log === undefined) throw new Error(`There is no log ${JSON.stringify(name)}`)
  const registrations = log.registrations()
  const maskAccount = createMasker(new Uint8Array(32))
  const createCounter = () =>
    createDetector(DEFAULT_DETECT_POLICY, { maskAccount, ...(registrations === undefined ? {} : { registrations }) })
  if (task === 'memory') return bytesOf(createCounter, file)
  const times = Array.from({ length: PASSES }, () => timePass(file, task === 'judge' ? createCounter() : undefined))
  return Math.min(...times)
}

function bytesOf(createCounter: () => Detector, file: string): number {
  const before = usedBytes()
  const detector = createCounter()
  timePass(file, detector)
  const bytes = usedBytes() - before
  if (detector.size === 0) throw new Error('No account is held: the figure would mean nothing')
  return bytes
}

if (import.meta.main) {
  const [name = '', file = '', task = ''] = process.argv.slice(2)
  process.stdout.write(`${JSON.stringify({ figure: figureOf(name, file, task as IngestTask) } satisfies IngestFigure)}\n`)
}
