import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ConfigError } from '../../rules/config/config-error.ts'
import { parseConfig } from '../../rules/config/parse-config.ts'
import { checkDetectPolicy, DEFAULT_DETECT_POLICY, DETECT_OPTIONS, type DetectPolicy } from '../../rules/detect/detect-policy.ts'
import type { Registrations } from '../../rules/detect/registered-facility.ts'
import { LOG_FORMATS } from '../../rules/requests/log-format.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { openLog } from '../replay/open-log.ts'
import { createReplay, type Replay } from '../replay/replay-logs.ts'
import { createReplayReport, findPathFault, type ReplayReport } from '../replay/replay-report.ts'
import { numberWords, summaryWords } from '../replay/summary-words.ts'
import { parseRegistrations } from '../watch/parse-registrations.ts'
import { verdictJson, verdictWords } from '../watch/verdict-text.ts'
import { WatchError } from '../watch/watch-error.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { writeFaults } from './load-config.ts'
import { LOG_OPTIONS, LOG_USAGE, readLogDialect } from './log-options.ts'

const PROGRESS_MS = 10_000

/** Detection on logs of the past. */
export const replay: Command = {
  name: 'replay',
  summary: 'run the detection over logs of the past: who would have been acted on, when and why',
  usage:
    `--format ${LOG_FORMATS.join('|')} [--template TEXT] [--haproxy-offset +HH:MM] [--policy FILE] [--registrations FILE] [--report FILE.html] [--json] LOG…\n${LOG_USAGE}` +
    '    --policy FILE          detection policy (YAML); without it, the shipped one\n' +
    '    --registrations FILE   CSV facility,address,dailyVisits: how large each facility is\n' +
    '    --report FILE.html     write a page for an investigator: flagged accounts with evidence and plots, ranking, provinces\n' +
    '    --json                 a JSON line per verdict; the summary goes to standard error either way\n' +
    '    LOG                    oldest first; .gz is unpacked; - reads standard input',
  example: 'agent replay --format nginx-json --registrations facilities.csv access.log.1 access.log',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { dialect, files, isJson, policyFile, registrationsFile, reportFile } = readArguments(args)
  const policy = await readPolicy(policyFile, io)
  const registrations = await readRegistrations(registrationsFile, io)
  if (policy === undefined || registrations === 'broken') return 2
  for (const file of files) await checkLog(file)
  if (reportFile !== undefined) await checkReport(reportFile, files)
  const key = randomBytes(32)
  const report = reportFile === undefined ? undefined : createReplayReport(reportFile, key)
  const cold = createReplay({
    ...dialect,
    policy,
    registrations,
    key,
    ...(report === undefined ? {} : { onRequest: (request) => report.takeRequest(request) }),
  })
  const toText = isJson ? verdictJson : verdictWords
  try {
    await pipeline(() => answer(cold, files, toText, io, report), io.stdout, { end: false, signal: io.signal })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    // EPIPE: the reader had enough (`| head`). ABORT_ERR: somebody pressed Ctrl-C. Else a log could not be read to its end.
    const isEnough = error.code === 'EPIPE' || error.code === 'ABORT_ERR'
    const unwritten = report === undefined ? '' : 'No report was written: the logs were not read to their end\n'
    io.stderr.write(`Stopped before the end${isEnough ? '' : `: ${error.message}`}\n${unwritten}${summaryWords(cold.totals())}`)
    return isEnough ? 1 : 2
  }
  io.stderr.write(summaryWords(cold.totals()))
  return report === undefined ? 0 : writeReport(report, cold, io)
}

async function writeReport(report: ReplayReport, cold: Replay, io: CommandIo): Promise<ExitCode> {
  try {
    await report.write(cold.totals())
    return 0
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error
    io.stderr.write(`agent replay: No report was written: ${error.message}\n`)
    return 1
  }
}

function readArguments(args: readonly string[]) {
  const { values, positionals } = parse(args)
  const dialect = readLogDialect(values)
  if (positionals.length === 0) throw new UsageError('Cannot replay nothing: name at least one LOG, or - for standard input')
  return {
    dialect,
    files: positionals,
    isJson: values.json,
    policyFile: values.policy,
    registrationsFile: values.registrations,
    reportFile: values.report,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...LOG_OPTIONS,
        policy: { type: 'string' },
        registrations: { type: 'string' },
        report: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** `undefined` where the policy has faults; they stand on standard error then. */
async function readPolicy(file: string | undefined, io: CommandIo): Promise<DetectPolicy | undefined> {
  if (file === undefined) return DEFAULT_DETECT_POLICY
  const text = await readText(file, 'policy')
  try {
    return parseConfig(DETECT_OPTIONS, text, checkDetectPolicy)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    writeFaults(file, error, io)
    return undefined
  }
}

async function readRegistrations(file: string | undefined, io: CommandIo): Promise<Registrations | undefined | 'broken'> {
  if (file === undefined) return undefined
  const text = await readText(file, 'registrations')
  try {
    return parseRegistrations(text)
  } catch (error) {
    if (!(error instanceof WatchError)) throw error
    const lines = error.message.split('\n').map((line) => `${file}: ${line}\n`)
    io.stderr.write(`${lines.join('')}Cannot use the registrations ${JSON.stringify(file)} (${error.code}).\n`)
    return 'broken'
  }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`Cannot read the ${what} ${JSON.stringify(file)}: ${reasonOf(cause)}`, { cause })
  }
}

/** Before the first line is read: a wrong name among many logs must not show after an hour. */
async function checkLog(file: string): Promise<void> {
  if (file === '-') return
  const stats = await stat(file).catch((cause: unknown) => {
    throw new UsageError(`Cannot read the log ${JSON.stringify(file)}: ${reasonOf(cause)}`, { cause })
  })
  if (stats.isDirectory()) throw new UsageError(`Cannot read the log ${JSON.stringify(file)}: it is a directory`)
}

async function checkReport(file: string, logs: readonly string[]): Promise<void> {
  const fault = await findPathFault(file, logs)
  if (fault !== undefined) throw new UsageError(`Cannot write the report ${JSON.stringify(file)}: ${fault}`)
}

async function* answer(
  cold: Replay,
  files: readonly string[],
  toText: typeof verdictJson,
  io: CommandIo,
  report: ReplayReport | undefined,
): AsyncGenerator<string> {
  let shownMs = performance.now()
  let shownLines = 0
  async function* withProgress(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      yield chunk
      const passedMs = performance.now() - shownMs
      if (passedMs < PROGRESS_MS) continue
      const { lines } = cold.totals()
      const perSecond = Math.round(((lines - shownLines) * 1000) / passedMs)
      io.stderr.write(`${numberWords(lines)} lines, ${numberWords(perSecond)} a second\n`)
      shownMs = performance.now()
      shownLines = lines
    }
  }
  for (const file of files) {
    for await (const verdicts of cold.read(withProgress(openLog(file, io.stdin)))) {
      report?.takeVerdicts(verdicts)
      yield verdicts.map((verdict) => `${toText(verdict)}\n`).join('')
    }
    report?.endFile(file, cold.totals())
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
