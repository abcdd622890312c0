import { lstat, realpath, stat } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import type { Verdict } from '../../rules/detect/detector.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import type { LineFault } from '../../rules/requests/line-fault.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { writeDurably } from '../memory/write-durably.ts'
import type { ReplayTotals } from './replay-logs.ts'
import type { FileFigures } from './report-figures.ts'
import { reportPage } from './report-page.ts'
import { createReportTally } from './report-tally.ts'

/** For those who run the replay alone: masked, but still about persons (Decree 13/2023/NĐ-CP). */
const FILE_MODE = 0o600

/** The report of one replay, filled while the logs are read. */
export interface ReplayReport {
  takeRequest(request: AttributedRequest): void
  takeVerdicts(verdicts: readonly Verdict[]): void
  /** A log was read to its end. */
  endFile(name: string, totals: ReplayTotals): void
  /** Replaces the file in one step. @throws MemoryError STATE_UNWRITABLE */
  write(totals: ReplayTotals): Promise<void>
}

/** @param key that of the replay, so that its verdicts meet their accounts */
export function createReplayReport(path: string, key: Uint8Array): ReplayReport {
  const tally = createReportTally({ maskAccount: createMasker(key) })
  const files: FileFigures[] = []
  let before: Pick<ReplayTotals, 'lines' | 'requests' | 'faults'> = { lines: 0, requests: 0, faults: {} }
  return {
    takeRequest: (request) => tally.take(request),
    takeVerdicts: (verdicts) => tally.judge(verdicts),
    endFile(name, totals) {
      const faults = Object.entries(totals.faults) as [LineFault, number][]
      files.push({
        name,
        lines: totals.lines - before.lines,
        requests: totals.requests - before.requests,
        faults: Object.fromEntries(
          faults.map(([code, count]) => [code, count - (before.faults[code] ?? 0)]).filter(([, count]) => count !== 0),
        ),
      })
      before = { lines: totals.lines, requests: totals.requests, faults: { ...totals.faults } }
    },
    write: (totals) => writeDurably(path, [reportPage(tally.figures(totals, files))], FILE_MODE),
  }
}

/**
 * Why the report cannot stand at `path`, told before anything is read; `undefined` where nothing speaks against it.
 * @param logs the logs that are read, which no report may replace
 */
export async function findPathFault(path: string, logs: readonly string[]): Promise<string | undefined> {
  if (!['.html', '.htm'].includes(extname(path).toLowerCase()))
    return 'its name must end in .html, so that no log or config is replaced by mistake'
  const folder = await stat(dirname(resolve(path))).catch((cause: NodeJS.ErrnoException) => cause)
  if (folder instanceof Error)
    return folder.code === 'ENOENT' ? `there is no folder ${JSON.stringify(dirname(path))}` : folder.message
  if (!folder.isDirectory()) return `${JSON.stringify(dirname(path))} is no folder`
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return undefined
  if (!there.isFile()) return `there is ${there.isDirectory() ? 'a folder' : 'something that is no regular file'} of that name`
  const own = await realpath(path)
  const names = await Promise.all(logs.map((log) => realpath(log).catch(() => undefined)))
  return names.includes(own) ? 'it is one of the logs' : undefined
}
