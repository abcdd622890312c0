import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { rightsOf } from '../../rules/users/user-right.ts'
import type { Change } from '../registrations/registration.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import { approveUser, decideImport, refuseUser } from '../users/approve-users.ts'
import { changeUser, endUser } from '../users/enter-users.ts'
import { listUsers } from '../users/list-users.ts'
import { openUsersDesk } from '../users/open-users-desk.ts'
import { findRights } from '../users/user-fields.ts'
import { USER_STATES, type UserRow, type UserState } from '../users/user-tables.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, numberFlag, parseFlags, requireFlag } from './parse-flags.ts'

const ACTIONS = ['list', 'approve', 'refuse', 'change', 'disable', 'cancel', 'idle', 'publish'] as const
const MOST_SHOWN = 1000

export const users: Command = {
  name: 'users',
  summary: 'list named users; approve, refuse, change, disable or cancel them; see who is idle',
  usage: `list|approve|refuse|change|disable|cancel|idle|publish [ID] --data DIR [options]
  ${DATA_USAGE}
  --facility NNNNN, --province NN, --state STATE, --import ID, --waiting   whom to list
  --import ID        all that an import brought, in the place of one ID (approve, refuse)
  --rights WORDS     as on form 01/dk-ctn, for example "tra cứu thẻ, gửi hồ sơ" (change)
  --dispatch NUMBER  of the letter that orders it
  --reason TEXT      why (refuse, disable, cancel)
  --person NAME      who does it; an approval takes an approver of the province who did not enter it
  --names            show names, for an officer who must know who is meant (list)
  --json             a JSON line per user (list)
  idle looks at accounts without use now, publish signs the list now: a running service does both by itself
  New users come by "control import FILE --form 01/dk-ctn" or POST /v1/users.`,
  example: 'control users approve --import i-3q2xLw --dispatch 1923/BHXH-CNTT --person an --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      ...DATA_FLAGS,
      facility: { type: 'string' },
      province: { type: 'string' },
      state: { type: 'string' },
      import: { type: 'string' },
      waiting: { type: 'boolean' },
      rights: { type: 'string' },
      dispatch: { type: 'string' },
      reason: { type: 'string' },
      person: { type: 'string' },
      names: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const action = ACTIONS.find((name) => name === positionals[0])
    if (action === undefined) throw new UsageError(`Say ${ACTIONS.join(', ')}`)
    const config = await loadConfig(values)
    await using control = await openControl(config, commandLog(io))
    const { store, publisher } = control
    if (action === 'list') {
      const state = stateFlag(values.state)
      const { facility, province, waiting } = values
      const filter = { facility, province, state, waiting, importId: values.import, limit: MOST_SHOWN }
      const rows = await store.read((db) => listUsers(db, filter))
      for (const row of rows) io.stdout.write(lineOf(row, values.names === true, values.json === true))
      if (rows.length === 0) io.stderr.write('Nobody is listed.\n')
      return 0
    }
    if (action === 'idle' || action === 'publish') {
      await publisher.reload()
      const desk = openUsersDesk(control, commandLog(io))
      if (action === 'publish') await desk.work()
      else {
        const { warned, disabled } = await desk.tendIdle()
        io.stdout.write(`${warned} warned, ${disabled} disabled\n`)
      }
      io.stderr.write(`The signed list of users is at version ${publisher.sideVersion('users')}.\n`)
      return 0
    }
    const dispatch = requireDispatch(requireFlag(values.dispatch, '--dispatch'))
    const actor = { person: localPerson(values.person), role: action === 'approve' ? 'approver' : 'operator' } as const
    const done = await store.transact(actor, async (tx) => {
      const change: Change = { ...tx, actor, atMs: SYSTEM_CLOCK.nowMs() }
      const reason = values.reason ?? null
      if (values.import !== undefined && (action === 'approve' || action === 'refuse'))
        return decideImport(change, values.import, action, { dispatch, reason })
      const id = numberFlag(requireFlag(positionals[1], 'ID of the user'), 'ID', 0, [1, Number.MAX_SAFE_INTEGER])
      if (action === 'approve') await approveUser(change, id, { dispatch, reason })
      else if (action === 'refuse') await refuseUser(change, id, { dispatch, reason })
      else if (action === 'change') await changeUser(change, id, { rights: rightsFlag(values.rights) }, { dispatch })
      else await endUser(change, id, action, { dispatch, reason: requireFlag(values.reason, '--reason') })
      return 1
    })
    io.stderr.write(`Done for ${done} users; a running service signs the list within ${config.users.publishEveryS} s.\n`)
    return 0
  },
}

function stateFlag(text: string | undefined): UserState | undefined {
  if (text === undefined) return undefined
  const states = Object.keys(USER_STATES) as UserState[]
  const state = states.find((name) => name === text)
  if (state === undefined) throw new UsageError(`--state must be ${states.join(', ')}, is ${JSON.stringify(text)}`)
  return state
}

function rightsFlag(text: string | undefined) {
  if (text === undefined) return undefined
  const rights = findRights(text)
  if (rights === undefined || rights.length === 0) throw new UsageError('--rights names a right that is not known, or none')
  return rights
}

/** Without names unless asked for: what a terminal shows stays in its history. */
function lineOf(row: UserRow, hasNames: boolean, isJson: boolean): string {
  const { id, facility, province, shown, state, seen_day: seenDay, used_day: usedDay } = row
  const until = row.effective_until_ms === null ? null : portalTimeText(row.effective_until_ms)
  const isWaiting = row.state === 'waiting' || row.wanted !== null
  const rights = rightsOf(row.rights)
  const view = {
    id,
    facility,
    province,
    citizenId: shown,
    state,
    rights,
    until,
    seenDay,
    usedDay,
    isWaiting,
    name: hasNames ? row.name : null,
  }
  if (isJson) return `${JSON.stringify(view)}\n`
  const name = hasNames ? [row.name] : []
  const waits = isWaiting ? 'waits for approval' : '-'
  return `${[id, facility, province, shown, ...name, state, rights.join(','), until ?? '-', usedDay ?? 'never', waits].join('\t')}\n`
}
