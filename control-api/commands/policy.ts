import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../rules/config/config-error.ts'
import { printConfig } from '../../rules/config/print-config.ts'
import { portalDay } from '../../rules/detect/portal-day.ts'
import { parsePolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { DEFAULT_GATE_POLICY, type GatePolicy, POLICY_OPTIONS } from '../../rules/gate/policy-options.ts'
import { provinceName } from '../../rules/provinces/province-names.ts'
import { periodWords } from '../../rules/rehearsal/portal-period.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { outlookText, outlookWarnings } from '../policy/outlook-text.ts'
import { publishPolicy, readPolicy } from '../policy/publish-policy.ts'
import { rehearseDraft, turnsOf } from '../policy/rehearse-draft.ts'
import { filterFor } from '../rehearsal/count-scope.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, type OpenControl, openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, requireFlag } from './parse-flags.ts'

const FLAGS = {
  ...DATA_FLAGS,
  note: { type: 'string' },
  person: { type: 'string' },
  at: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  province: { type: 'string' },
  json: { type: 'boolean' },
  yaml: { type: 'boolean' },
} as const
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>['values']
const ACTIONS = ['publish', 'check', 'rehearse', 'show'] as const
/** Days that publishing looks back over, and dates of the policy that it looks at. */
const DAYS_BACK = 30
const MOST_TURNS = 8

export const policy: Command = {
  name: 'policy',
  summary:
    'sign the account policy of the gate from a YAML file, or say before whom it would refuse; also beside a running service',
  usage: `publish FILE|check FILE|rehearse FILE|show --data DIR [options]
  ${DATA_USAGE}
  --at INSTANT    when it is judged, such as 2027-03-01T00:00+07:00 (rehearse); now if left out
  --from, --to    days whose counts are held against it, such as 2026-11-01 (rehearse); the last ${DAYS_BACK} if left out
  --province CODE only facilities that it manages (rehearse): what it is to be told
  --json          all provinces and facilities (rehearse)
  --yaml          as a file that publish takes: to change it, and publish it anew (show)
  --note TEXT     kept in the audit log (publish)
  --person NAME   who publishes, for the audit log
  check tells every fault by path, line and column, and needs no data folder; rehearse signs nothing, and says which rules the counts do not tell;
  publish takes the place of the whole policy, and says whom it newly refuses, now and at its dates; show prints what edges go by`,
  example: 'control policy rehearse policy.yaml --at 2027-03-01T00:00+07:00 --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS)
    const [given, file] = positionals
    const action = ACTIONS.find((name) => name === given)
    if (action === undefined) throw new UsageError('Say publish, check, rehearse or show')
    const atMs = values.at === undefined ? undefined : findInstantMs(values.at)
    if (values.at !== undefined && atMs === undefined)
      throw new UsageError(`--at must be an instant with an offset, is ${JSON.stringify(values.at)}`)
    const source = action === 'show' ? '{}' : await readSource(requireFlag(file, 'FILE'))
    const draft = readDraft(source, io)
    if (draft === undefined) return 2
    if (action === 'check') {
      io.stderr.write('The policy can be published.\n')
      return 0
    }
    await using control = await openControl(await loadConfig(values), commandLog(io))
    if (action === 'show') return await show(control, values.yaml === true, io)
    if (action === 'rehearse') return await rehearse(control, draft, atMs, values, io)
    return await publish(control, source, draft, values, io)
  },
}

async function rehearse(
  control: OpenControl,
  draft: GatePolicy,
  atMs: number | undefined,
  values: Values,
  io: CommandIo,
): Promise<ExitCode> {
  const nowMs = SYSTEM_CLOCK.nowMs()
  const { province } = values
  if (province !== undefined && provinceName(province, nowMs) === undefined)
    throw new UsageError(`--province must be the two digits of a province of today, is ${JSON.stringify(province.slice(0, 20))}`)
  const { period, managing } = filterFor(
    { person: 'local', role: 'operator' },
    { from: values.from, to: values.to, province },
    nowMs,
  )
  const answer = await rehearseDraft(control, { draft, atMs: [atMs ?? nowMs], period, managing, nowMs })
  io.stdout.write(values.json === true ? `${JSON.stringify(answer)}\n` : outlookText(answer, periodWords(period)))
  return answer.edges === 0 ? 1 : 0
}

async function publish(
  control: OpenControl,
  source: string,
  draft: GatePolicy,
  values: Values,
  io: CommandIo,
): Promise<ExitCode> {
  const actor = { person: localPerson(values.person), role: 'approver' } as const
  const nowMs = SYSTEM_CLOCK.nowMs()
  const toDay = portalDay(nowMs)
  const period = { fromDay: toDay - DAYS_BACK + 1, toDay }
  // Before it is signed: from then on the one before is gone.
  const answer = await rehearseDraft(control, { draft, atMs: turnsOf(draft, nowMs, MOST_TURNS), period, nowMs })
  const { version, isNew } = await publishPolicy(control, actor, source, values.note)
  if (isNew) io.stderr.write(outlookWarnings(answer))
  io.stdout.write(isNew ? `policy ${version}\n` : `policy ${version} stays: nothing differs\n`)
  return 0
}

async function show({ repository }: OpenControl, isYaml: boolean, io: CommandIo): Promise<ExitCode> {
  const bytes = await readPolicy(repository)
  if (bytes === undefined)
    io.stderr.write('No policy was published yet: edges go by their own files, or by the shipped default.\n')
  if (isYaml) io.stdout.write(printConfig(POLICY_OPTIONS, bytes === undefined ? DEFAULT_GATE_POLICY : parsePolicy(bytes).policy))
  else if (bytes !== undefined) io.stdout.write(bytes)
  return bytes === undefined && !isYaml ? 1 : 0
}

function readDraft(source: string, io: CommandIo): GatePolicy | undefined {
  // An empty file is a slip of the hand more often than a wish: by default, shared accounts are refused from their date on.
  if (source.split('\n').every((line) => /^\s*(#|$)/.test(line))) {
    io.stderr.write('The file says nothing: every rule would be as it is by default. Write {} if that is meant.\n')
    return undefined
  }
  try {
    return parsePolicySource(source)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    io.stderr.write(`${error.message}\n`)
    return undefined
  }
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
