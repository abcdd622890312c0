import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { spawnHere } from '../test/support/service.ts'
import type { BenchResult } from './bench-result.ts'
import { INGEST_LINES, INGEST_LOGS, type IngestLog } from './ingest-logs.ts'
import type { IngestFigure, IngestTask } from './ingest-worker.ts'

const WORKER = fileURLToPath(new URL('./ingest-worker.ts', import.meta.url))
/** mawk and our two programs are run so often, turn about, and the best counts: other work on the machine only ever makes it slower. */
const ROUNDS = 2
/** Counts the lines of each account, the least that any tool would do; no attribution, no windows, no rules. */
const MAWK =
  'match($0, /[?&][Uu]ser[Nn]ame=[^&" ]*/) { n[substr($0, RSTART + 10, RLENGTH - 10)]++ } END { for (a in n) k++; print k }'

/** What `watch` may take for 200,000 accounts. */
const MEMORY_LIMIT_MB = 200

/**
 * Lines a second from the file to attributed requests, and on through windows and rules, beside mawk on the same file in the same run; and what detection
 * holds at the end.
 */
export async function benchIngest(): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-bench-'))
  try {
    const results: BenchResult[] = []
    for (const log of INGEST_LOGS) results.push(...(await measure(join(folder, 'access.log'), log)))
    return results
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(file: string, log: IngestLog): Promise<BenchResult[]> {
  const { name } = log
  log.write(file)
  const best = { mawk: Infinity, parse: Infinity, judge: Infinity }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const task of ['parse', 'judge'] as const) {
      best.mawk = Math.min(best.mawk, await timeMawk(file))
      best[task] = Math.min(best[task], await figureOf(name, file, task))
    }
  }
  const memory = Math.round((await figureOf(name, file, 'memory')) / 1_048_576)
  return [
    resultOf(`parse and attribute, ${name}`, best.parse, best.mawk),
    resultOf(`and count, judge, ${name}`, best.judge, best.mawk),
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

function resultOf(name: string, ourMs: number, limitMs: number): BenchResult {
  const [ours, limit] = [ourMs, limitMs].map((ms) => Math.round((INGEST_LINES / ms) * 1000))
  return { bench: 'ingest', case: name, ours: ours ?? 0, limit: limit ?? 0, ratio: limitMs / ourMs, unit: 'lines/s' }
}

/** In a process of its own: code that has run other logs another way before is not the code that `watch` runs. */
async function figureOf(name: string, file: string, task: IngestTask): Promise<number> {
  const worker = spawnHere(process.execPath, [WORKER, name, file, task])
  const [output, [code]] = await Promise.all([text(worker.stdout as Readable), once(worker, 'close') as Promise<[number | null]>])
  if (code !== 0) throw new Error(`The reader of ${name} (${task}) ended with ${code}`)
  return (JSON.parse(output) as IngestFigure).figure
}

async function timeMawk(file: string): Promise<number> {
  const start = performance.now()
  const [code] = (await once(spawnHere('mawk', [MAWK, file]), 'close')) as [number | null]
  if (code !== 0) throw new Error(`mawk ended with ${code}; is it installed?`)
  return performance.now() - start
}
