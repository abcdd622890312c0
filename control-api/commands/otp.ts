import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { ControlError } from '../http/control-error.ts'
import { revokeGrant } from '../otp/grant-rows.ts'
import { importOfficers } from '../otp/import-officers.ts'
import { listOfficers, type OfficerView } from '../otp/officer-view.ts'
import { approveOfficer, refuseOfficer, revokeOfficer, unlockOfficer } from '../otp/officers.ts'
import { openOtpService } from '../otp/open-otp-service.ts'
import type { OtpService } from '../otp/otp-service.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { smsView } from '../sms/sms-view.ts'
import type { Actor } from '../store/store.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, type OpenControl, openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, requireFlag } from './parse-flags.ts'
import { sendTestMessage } from './send-test-message.ts'

const ACCEPTS = ['all', 'valid', 'none'] as const
const STATES = ['waiting', 'approved', 'refused', 'revoked'] as const
const FLAGS = {
  ...DATA_FLAGS,
  province: { type: 'string' },
  dispatch: { type: 'string' },
  reason: { type: 'string' },
  accept: { type: 'string', default: 'all' },
  state: { type: 'string' },
  import: { type: 'string' },
  person: { type: 'string' },
  json: { type: 'boolean' },
} as const
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>['values']

interface Task {
  readonly control: OpenControl
  readonly service: OtpService
  readonly values: Values
  /** What stands after the action: an id or a file. */
  readonly operand: string | undefined
  readonly io: CommandIo
}

const ACTIONS: Readonly<Record<string, (task: Task) => Promise<ExitCode>>> = {
  officers: showOfficers,
  import: importList,
  approve,
  refuse: (task) => end(task, 'refuse'),
  revoke: (task) => end(task, 'revoke'),
  unlock,
  grants: showGrants,
  end: endGrant,
  status,
}

export const otp: Command = {
  name: 'otp',
  summary: 'officers who may ask for one-time codes, their grants, and the SMS gateways',
  usage: `officers|import FILE|approve ID|refuse ID|revoke ID|unlock ID|grants|end ID|status|test-sms --data DIR [options]
  ${DATA_USAGE}
  --province NN       whose list (import, officers)
  --dispatch NUMBER   of the letter that orders it (import, approve, refuse, revoke)
  --accept HOW        all: nothing while a row is refused (the default); valid: the valid rows; none: only judge (import)
  --import ID         in place of an ID: everybody of this import who waits (approve); only these (officers)
  --state STATE       waiting, approved, refused or revoked (officers)
  --reason TEXT       why (refuse, revoke, unlock, end)
  --person NAME       who does it, for the audit log; who imports cannot approve
  --json              as JSON
  FILE is XLSX or CSV with the columns Họ tên, Mã số BHXH, Số điện thoại, Tài khoản; - reads standard input.
  test-sms reads a mobile number from standard input and sends a message to it by each gateway.`,
  example: 'control otp import officers.xlsx --province 75 --dispatch 1232/BHXH-CNTT --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS)
    const [action = '', operand] = positionals
    const config = await loadConfig(values)
    const log = commandLog(io)
    if (action === 'test-sms') return sendTestMessage(config, log, io)
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
    if (run === undefined) throw new UsageError(`Say ${Object.keys(ACTIONS).join(', ')} or test-sms`)
    await using control = await openControl(config, log)
    // The running service sends what is queued here.
    await using service = await openOtpService(control, log, () => [])
    // Awaited here: the store is closed at the end of this block.
    return await run({ control, service, values, operand, io })
  },
}

function actorOf({ values }: Task, role: 'operator' | 'approver'): Actor {
  return { person: localPerson(values.person), role }
}

async function showOfficers({ control, values, io }: Task): Promise<ExitCode> {
  const state = STATES.find((name) => name === values.state)
  if (values.state !== undefined && state === undefined) throw new UsageError(`--state must be ${STATES.join(', ')}`)
  const query = { province: values.province, state, importId: values.import, limit: 10_000 }
  const officers = await control.store.read((db) => listOfficers(db, query, SYSTEM_CLOCK.nowMs()))
  if (values.json === true) io.stdout.write(`${JSON.stringify(officers)}\n`)
  else io.stdout.write(officers.map(lineOf).join(''))
  if (officers.length === 0) io.stderr.write('There are no such officers.\n')
  return 0
}

function lineOf({ id, province, name, bhxhCode, phone, account, state, wrongDay, attackers }: OfficerView): string {
  const wrong = wrongDay === 0 ? '' : `${wrongDay} wrong codes in a day, from ${attackers} strange addresses`
  return `${[id, province, state, name, bhxhCode, phone, account, wrong].join('\t')}\n`
}

async function importList(task: Task): Promise<ExitCode> {
  const { control, service, values, io } = task
  const path = requireFlag(task.operand, 'FILE')
  const province = requireFlag(values.province, '--province')
  const dispatch = requireDispatch(requireFlag(values.dispatch, '--dispatch'))
  const accept = ACCEPTS.find((name) => name === values.accept)
  if (accept === undefined) throw new UsageError(`--accept must be all, valid or none, is ${JSON.stringify(values.accept)}`)
  const bytes = await (path === '-' ? buffer(io.stdin) : readFile(path)).catch((cause: unknown) => {
    throw new UsageError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
  const order = { province, dispatch, accept, columns: control.config.otp.columns }
  const result = await importOfficers(control.store, actorOf(task, 'operator'), bytes, order, service.officerParts())
  for (const verdict of result.verdicts) {
    const { row, verdict: kind, field, message } = verdict
    if (values.json === true) io.stdout.write(`${JSON.stringify(verdict)}\n`)
    else io.stdout.write(`${[row, kind, field ?? '', message?.en ?? ''].join('\t')}\n`)
  }
  const refused = result.verdicts.filter(({ verdict }) => verdict === 'refused').length
  io.stderr.write(
    `${result.importId}: ${result.verdicts.length} rows, ${refused} refused. ` +
      (result.isTaken
        ? `Another person approves: control otp approve --import ${result.importId} --dispatch ${dispatch}\n`
        : 'Nothing was taken.\n'),
  )
  return result.isTaken || accept === 'none' ? 0 : 1
}

async function approve(task: Task): Promise<ExitCode> {
  const { control, service, values, io } = task
  const dispatch = requireDispatch(requireFlag(values.dispatch, '--dispatch'))
  const actor = actorOf(task, 'approver')
  const query = { importId: values.import, state: 'waiting' as const, limit: 10_000 }
  const ids =
    values.import === undefined
      ? [requireFlag(task.operand, 'ID of the officer, or --import,')]
      : (await control.store.read((db) => listOfficers(db, query, SYSTEM_CLOCK.nowMs()))).map(({ id }) => id)
  if (ids.length === 0)
    throw new ControlError(
      'NOT_FOUND',
      `Nobody of the import ${JSON.stringify(values.import)} waits for approval; control otp officers --state waiting lists who does.`,
    )
  // All or none: a list is approved as it was sent.
  await control.store.transact(actor, async (tx) => {
    for (const id of ids) await approveOfficer(tx, actor, id, dispatch, service.officerParts())
  })
  io.stderr.write(`Approved ${ids.length}${service.sms.isOn ? '; a running service tells them by SMS' : ''}.\n`)
  return 0
}

async function end(task: Task, step: 'refuse' | 'revoke'): Promise<ExitCode> {
  const { control, service, values, io } = task
  const id = requireFlag(task.operand, 'ID of the officer')
  const order = {
    dispatch: requireDispatch(requireFlag(values.dispatch, '--dispatch')),
    reason: requireFlag(values.reason, '--reason'),
  }
  const actor = actorOf(task, 'approver')
  const run = step === 'refuse' ? refuseOfficer : revokeOfficer
  await control.store.transact(actor, (tx) => run(tx, actor, id, order, service.officerParts()))
  io.stderr.write(step === 'refuse' ? `Refused ${id}.\n` : `Revoked ${id}: a running service tells every edge within seconds.\n`)
  return 0
}

async function unlock(task: Task): Promise<ExitCode> {
  const id = requireFlag(task.operand, 'ID of the officer')
  const reason = requireFlag(task.values.reason, '--reason')
  const actor = actorOf(task, 'approver')
  await task.control.store.transact(actor, (tx) => unlockOfficer(tx, actor, id, reason))
  task.io.stderr.write(`Unlocked ${id}.\n`)
  return 0
}

async function showGrants({ service, values, io }: Task): Promise<ExitCode> {
  const grants = (await service.grants.list()).map((row) => ({
    id: row.id,
    officer: row.officer_id,
    province: row.province,
    name: row.name,
    account: row.account_shown,
    grantedAt: new Date(row.granted_at_ms).toISOString(),
    usedAt: new Date(row.used_at_ms).toISOString(),
    endsAt: new Date(row.ends_at_ms).toISOString(),
  }))
  if (values.json === true) io.stdout.write(`${JSON.stringify(grants)}\n`)
  else io.stdout.write(grants.map((grant) => `${Object.values(grant).join('\t')}\n`).join(''))
  if (grants.length === 0) io.stderr.write('Nobody holds a grant.\n')
  else io.stderr.write('Look-ups of the last minute are known to the running service alone: GET /v1/otp/grants.\n')
  return 0
}

async function endGrant(task: Task): Promise<ExitCode> {
  const id = requireFlag(task.operand, 'ID of the grant')
  const reason = requireFlag(task.values.reason, '--reason')
  const actor = actorOf(task, 'operator')
  await task.control.store.transact(actor, (tx) => revokeGrant(tx, actor, id, reason, SYSTEM_CLOCK.nowMs()))
  task.io.stderr.write(`Ended ${id}: a running service tells every edge within seconds.\n`)
  return 0
}

/** The queue as the database has it; whether gateways answer, only the running service knows. */
async function status({ control, service, io }: Task): Promise<ExitCode> {
  const { queue, day } = await smsView(control.store, service.sms, SYSTEM_CLOCK.nowMs())
  io.stdout.write(`${JSON.stringify({ gateways: control.config.sms.order, queue, day })}\n`)
  return 0
}
