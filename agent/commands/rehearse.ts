import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../rules/config/config-error.ts'
import { parsePolicySource } from '../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY, type GatePolicy } from '../../rules/gate/policy-options.ts'
import { type DayPeriod, dayText, FIRST_DAY, findDay, LAST_DAY } from '../../rules/rehearsal/portal-period.ts'
import { type CountKind, rehearsalSheets } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { sumDays } from '../../rules/rehearsal/rehearsal-sums.ts'
import { NO_CLIENT } from '../../rules/rehearsal/rehearsed-row.ts'
import { LOG_FORMATS } from '../../rules/requests/log-format.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { askRehearsal } from '../gate/ask-rehearsal.ts'
import type { SavedRehearsal } from '../gate/rehearsal-book.ts'
import { rehearsalPage } from '../gate/rehearsal-page.ts'
import { dayCounts, rowsWithin } from '../gate/rehearsal-period.ts'
import { rehearsalCsv, rehearsalJson } from '../gate/rehearsal-text.ts'
import { formatWorkbook } from '../gate/rehearsal-workbook.ts'
import { type LogShare, rehearseLogs } from '../gate/rehearse-logs.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { parseRegistrations } from '../watch/parse-registrations.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig, writeFaults } from './load-config.ts'
import { LOG_OPTIONS, LOG_USAGE, readLogDialect } from './log-options.ts'
import { parseWords } from './read-options.ts'

/** For those who run it alone: accounts are masked, and are still about people (Decree 13/2023/NĐ-CP). */
const FILE_MODE = 0o600

/** What each rule of the gate would refuse. */
export const rehearse: Command = {
  name: 'rehearse',
  summary: 'say what each rule of the gate refuses or would refuse: of logs of the past, or of what the gate has seen',
  usage:
    `--format ${LOG_FORMATS.join('|')} [--policy FILE] [--at INSTANT] [--registrations FILE] LOG… | --config FILE\n${LOG_USAGE}` +
    '    --policy FILE          policy (YAML); without it, the shipped one\n' +
    '    --at INSTANT           judge every line by what holds then, such as 2027-03-01T00:00+07:00; without it, by its own time\n' +
    '    --registrations FILE   CSV facility,address,dailyVisits: for the rule address\n' +
    '    --config FILE          no log: what the gate of this host keeps, the last 31 days of each row by day\n' +
    '    --from, --to DAY       only what was asked on these days and between them, such as 2026-11-01 (Asia/Ho_Chi_Minh)\n' +
    '    --facility 01234       only this facility: its own view of what it must change\n' +
    '    --xlsx FILE.xlsx       also write a workbook\n' +
    '    --page FILE.html       also write a page\n' +
    '    --json                 a JSON line per row; without it CSV\n' +
    '    LOG                    .gz is unpacked; - reads standard input',
  example: 'agent rehearse --format nginx-json --at 2027-03-01T00:00+07:00 --xlsx rehearsal.xlsx access.log > rehearsal.csv',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, {
    ...LOG_OPTIONS,
    policy: { type: 'string' },
    at: { type: 'string' },
    registrations: { type: 'string' },
    config: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    facility: { type: 'string' },
    xlsx: { type: 'string' },
    page: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if ((values.config === undefined) === (positionals.length === 0))
    throw new UsageError('Name at least one LOG (- for standard input), or --config FILE to ask the gate of this host')
  const period = readPeriod(values)
  const found = values.config === undefined ? await fromLogs(values, period, positionals, io) : await fromGate(values.config, io)
  if (typeof found === 'number') return found
  const own = found.rows.filter(({ facility }) => values.facility === undefined || facility === values.facility)
  const rows = rowsWithin(own, period)
  const days = sumDays(dayCounts(own, period))
  const kind: CountKind = values.config === undefined ? 'logs' : 'gate'
  try {
    if (values.page !== undefined) {
      const about = { sinceMs: found.sinceMs, period, kind, facility: values.facility }
      await writeDurably(values.page, [rehearsalPage(rows, days, about)], FILE_MODE)
    }
    if (values.xlsx !== undefined) await writeDurably(values.xlsx, [formatWorkbook(rehearsalSheets(rows, kind))], FILE_MODE)
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error
    io.stderr.write(`agent rehearse: ${error.message}\n`)
    return 1
  }
  io.stdout.write(values.json ? rehearsalJson(rows) : rehearsalCsv(rows))
  io.stderr.write(`${rows.length} rows${found.unlisted === 0 ? '' : `, ${found.unlisted} requests found no room`}\n`)
  return 0
}

/** @throws UsageError */
function readPeriod({ from, to }: { from?: string | undefined; to?: string | undefined }): DayPeriod | undefined {
  if (from === undefined && to === undefined) return undefined
  const dayOf = (text: string, option: string): number => {
    const day = findDay(text)
    if (day !== undefined) return day
    throw new UsageError(`${option} must be a day such as 2026-11-22, is ${JSON.stringify(text)}`)
  }
  const fromDay = from === undefined ? FIRST_DAY : dayOf(from, '--from')
  const toDay = to === undefined ? LAST_DAY : dayOf(to, '--to')
  if (fromDay > toDay) throw new UsageError(`--from ${dayText(fromDay)} must not come after --to ${dayText(toDay)}`)
  return { fromDay, toDay }
}

interface LogValues {
  readonly policy?: string | undefined
  readonly at?: string | undefined
  readonly registrations?: string | undefined
}

async function fromLogs(
  values: LogValues & Parameters<typeof readLogDialect>[0],
  period: DayPeriod | undefined,
  files: readonly string[],
  io: CommandIo,
): Promise<SavedRehearsal | ExitCode> {
  const dialect = readLogDialect(values)
  const heldMs = values.at === undefined ? undefined : findInstantMs(values.at)
  if (values.at !== undefined && heldMs === undefined)
    throw new UsageError(`--at must be an instant with an offset, is ${JSON.stringify(values.at)}`)
  const policy = await readPolicy(values.policy, io)
  if (policy === undefined) return 2
  const registrations =
    values.registrations === undefined ? undefined : parseRegistrations(await readFile(values.registrations, 'utf8'))
  const found = await rehearseLogs({ policy, heldMs, registrations, period, dialect }, files, io.stdin)
  io.stderr.write(`${found.judged} requests judged\n${found.logs.map(untoldWords).join('')}`)
  return found
}

/** Empty for a log that tells the client software of all that is in the rehearsal. */
function untoldWords({ file, refused, untold }: LogShare): string {
  if (untold === 0) return ''
  const part = untold === refused ? `any of ${refused}` : `${untold} of ${refused}`
  return `${file === '-' ? 'standard input' : JSON.stringify(file)} does not tell the client software of ${part} requests in the rehearsal: "${NO_CLIENT.untold}"\n`
}

async function readPolicy(file: string | undefined, io: CommandIo): Promise<GatePolicy | undefined> {
  if (file === undefined) return DEFAULT_GATE_POLICY
  try {
    return parsePolicySource(await readFile(file, 'utf8'))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    writeFaults(file, error, io)
    return undefined
  }
}

async function fromGate(file: string, io: CommandIo): Promise<SavedRehearsal | ExitCode> {
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  const { socket } = config.watch
  try {
    const found = await askRehearsal(socket, io.signal)
    if (found !== undefined) return found
    io.stderr.write(`agent rehearse: ${JSON.stringify(socket)} keeps no gate: name its socket in gate.socket\n`)
  } catch (error) {
    io.stderr.write(
      `agent rehearse: Cannot ask watch at ${JSON.stringify(socket)}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  }
  return 1
}
