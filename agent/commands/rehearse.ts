import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { ConfigError } from '../../rules/config/config-error.ts'
import { createFacilityAddresses } from '../../rules/detect/facility-addresses.ts'
import { compilePolicy } from '../../rules/gate/compile-policy.ts'
import type { GateState } from '../../rules/gate/gate-state.ts'
import { judgeRequest } from '../../rules/gate/judge-request.ts'
import { parsePolicySource } from '../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY, type GatePolicy } from '../../rules/gate/policy-options.ts'
import { createRateLimits } from '../../rules/gate/rate-limits.ts'
import { createAttributor } from '../../rules/requests/attributor.ts'
import { LOG_FORMATS } from '../../rules/requests/log-format.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { readBody, sendRequest } from '../control/http-request.ts'
import { createRehearsalBook, RehearsalRow } from '../gate/rehearsal-book.ts'
import { rehearsalPage } from '../gate/rehearsal-page.ts'
import { rehearsalCsv, rehearsalJson } from '../gate/rehearsal-text.ts'
import { openLog } from '../replay/open-log.ts'
import { createLogIntake } from '../watch/log-intake.ts'
import { parseRegistrations } from '../watch/parse-registrations.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig, writeFaults } from './load-config.ts'
import { LOG_OPTIONS, LOG_USAGE, readLogDialect } from './log-options.ts'
import { parseWords } from './read-options.ts'

const MAX_ROWS = 200_000
const MAX_ANSWER_BYTES = 128 * 1_048_576
const TIMEOUT_MS = 10_000

/** What each rule of the gate would refuse. */
export const rehearse: Command = {
  name: 'rehearse',
  summary: 'say what each rule of the gate refuses or would refuse: of logs of the past, or of what the gate has seen',
  usage:
    `--format ${LOG_FORMATS.join('|')} [--policy FILE] [--at INSTANT] [--registrations FILE] LOG… | --config FILE\n${LOG_USAGE}` +
    '    --policy FILE          policy (YAML); without it, the shipped one\n' +
    '    --at INSTANT           judge every line by what holds then, such as 2027-03-01T00:00+07:00; without it, by its own time\n' +
    '    --registrations FILE   CSV facility,address,dailyVisits: for the rule address\n' +
    '    --config FILE          no log: the rows that the gate of this host keeps\n' +
    '    --facility 01234       only this facility: its own view of what it must change\n' +
    '    --page FILE.html       also write a page\n' +
    '    --json                 a JSON line per row; without it CSV\n' +
    '    LOG                    .gz is unpacked; - reads standard input',
  example: 'agent rehearse --format nginx-json --at 2027-03-01T00:00+07:00 access.log > rehearsal.csv',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, {
    ...LOG_OPTIONS,
    policy: { type: 'string' },
    at: { type: 'string' },
    registrations: { type: 'string' },
    config: { type: 'string' },
    facility: { type: 'string' },
    page: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if ((values.config === undefined) === (positionals.length === 0))
    throw new UsageError('Name at least one LOG (- for standard input), or --config FILE to ask the gate of this host')
  const found = values.config === undefined ? await fromLogs(values, positionals, io) : await fromGate(values.config, io)
  if (typeof found === 'number') return found
  const rows = found.rows.filter(({ facility }) => values.facility === undefined || facility === values.facility)
  if (values.page !== undefined) await writeFile(values.page, rehearsalPage(rows, found.sinceMs), { mode: 0o600 })
  io.stdout.write(values.json ? rehearsalJson(rows) : rehearsalCsv(rows))
  io.stderr.write(`${rows.length} rows${found.unlisted === 0 ? '' : `, ${found.unlisted} requests found no room`}\n`)
  return 0
}

interface Found {
  readonly rows: readonly RehearsalRow[]
  readonly sinceMs: number
  readonly unlisted: number
}

interface LogValues {
  readonly policy?: string | undefined
  readonly at?: string | undefined
  readonly registrations?: string | undefined
}

async function fromLogs(
  values: LogValues & Parameters<typeof readLogDialect>[0],
  files: readonly string[],
  io: CommandIo,
): Promise<Found | ExitCode> {
  const dialect = readLogDialect(values)
  const heldMs = values.at === undefined ? undefined : findInstantMs(values.at)
  if (values.at !== undefined && heldMs === undefined)
    throw new UsageError(`--at must be an instant with an offset, is ${JSON.stringify(values.at)}`)
  const policy = await readPolicy(values.policy, io)
  if (policy === undefined) return 2
  const key = randomBytes(32)
  const mask = createMasker(key)
  const state = await coldState(policy, heldMs, values.registrations)
  const book = createRehearsalBook(MAX_ROWS, 0)
  let [sinceMs, lines] = [Number.POSITIVE_INFINITY, 0]
  const intake = createLogIntake({
    ...dialect,
    key,
    attributor: createAttributor(),
    takeRequest(request) {
      lines += 1
      sinceMs = Math.min(sinceMs, request.atMs)
      const asked = { ...request, method: '' }
      const { account, facility } = request
      const face = { account: account === undefined ? undefined : mask(account), province: facility?.slice(0, 2), client: '' }
      const decision = judgeRequest(asked, state)
      if (decision.reason !== undefined || decision.would.length > 0) book.take(asked, decision, face)
    },
  })
  for (const file of files) {
    const splitter = intake.createSplitter()
    for await (const chunk of openLog(file, io.stdin)) splitter.push(chunk)
    splitter.finish()
  }
  io.stderr.write(`${lines} requests judged\n`)
  return { ...book.all(), sinceMs: Number.isFinite(sinceMs) ? sinceMs : 0 }
}

/** What can be known of a request of the past: its own line, the policy, and the registrations. */
async function coldState(
  policy: GatePolicy,
  heldMs: number | undefined,
  registrationsFile: string | undefined,
): Promise<GateState> {
  const registrations =
    registrationsFile === undefined ? undefined : parseRegistrations(await readFile(registrationsFile, 'utf8'))
  const places = createFacilityAddresses(registrations)
  return {
    policy: compilePolicy(policy),
    dateMs: (atMs) => heldMs ?? atMs,
    standingOf: () => undefined,
    tokensOf: () => [],
    users: undefined,
    grants: undefined,
    facilities:
      registrations === undefined
        ? undefined
        : { isOwner: (facility, ip) => places.isForeign(facility, ip) === false, provinceOf: () => undefined },
    rates: createRateLimits(MAX_ROWS),
    throttles: createRateLimits(1),
  }
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

async function fromGate(file: string, io: CommandIo): Promise<Found | ExitCode> {
  const config = await loadConfig(file, io)
  if (config === undefined) return 2
  const { socket } = config.watch
  try {
    const url = new URL('http://watch/rehearsal')
    const answer = await sendRequest({
      url,
      socketPath: socket,
      method: 'GET',
      headers: {},
      idleTimeoutMs: TIMEOUT_MS,
      signal: io.signal,
    })
    const told = JSON.parse(String(await readBody(answer, MAX_ANSWER_BYTES))) as {
      rows?: unknown
      since?: string
      unlisted?: number
    }
    const rows = Array.isArray(told.rows)
      ? told.rows.filter((row): row is RehearsalRow => Value.Check(RehearsalRow, row))
      : undefined
    if (rows !== undefined) return { rows, sinceMs: findInstantMs(told.since ?? '') ?? 0, unlisted: told.unlisted ?? 0 }
    io.stderr.write(`agent rehearse: ${JSON.stringify(socket)} keeps no gate: name its socket in gate.socket\n`)
  } catch (error) {
    io.stderr.write(
      `agent rehearse: Cannot ask watch at ${JSON.stringify(socket)}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  }
  return 1
}
