import { addToken, listTokens, revokeToken } from '../access/person-tokens.ts'
import type { Actor } from '../store/store.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl, SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, numberFlag, parseFlags, personFlag, requireFlag } from './parse-flags.ts'

const ROLES = ['operator', 'approver', 'reader', 'assessor', 'portal', 'province', 'facility'] as const

export const tokens: Command = {
  name: 'tokens',
  summary: 'add, list or revoke access tokens of people',
  usage: `add|list|revoke ID --data DIR [options]
  ${DATA_USAGE}
  --person NAME   the token's holder (add), in lower case: one person, one name; it tells two people apart where a second one must approve
  --role ROLE     operator, approver or reader (add); assessor for the assessment centre; portal for the portal's own pages, which get one-time codes;
                  province and facility see in the console what their own must change, and nothing else
  --scope CODE    whose token it is (add): 75 for a province, 01234 for a facility; for an operator or approver the only province whose officers
                  of one-time codes, named users and addresses it is for, and then for nothing else; all provinces and everything without it
  --days N        how long it is valid (add; tokens.days if left out)
  --by NAME       who does it, for the audit log
  --json          the list as JSON`,
  example: 'control tokens add --person binh --role approver --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      ...DATA_FLAGS,
      person: { type: 'string' },
      role: { type: 'string' },
      scope: { type: 'string' },
      days: { type: 'string' },
      by: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [action, id] = positionals
    if (action !== 'add' && action !== 'list' && action !== 'revoke') throw new UsageError('Say add, list or revoke')
    const config = await loadConfig(values)
    const order = action === 'add' ? orderOf(values, config.tokens.days) : undefined
    const actor: Actor = { person: localPerson(values.by, '--by'), role: 'operator' }
    const nowMs = SYSTEM_CLOCK.nowMs()
    await using control = await openControl(config, commandLog(io))
    if (order !== undefined) {
      const made = await control.store.transact(actor, (tx) => addToken(tx, order, { nowMs, randomBytes: systemBytes }))
      io.stdout.write(`${made.token}\n`)
      io.stderr.write(`${made.id}, valid until ${new Date(made.expiresAtMs).toISOString()}; it is shown this once.\n`)
    } else if (action === 'revoke') {
      await revokeToken(control.store, actor, requireFlag(id, 'ID of the token'), nowMs)
      io.stderr.write(`Revoked ${id}.\n`)
    } else {
      const list = await listTokens(control.store)
      if (values.json === true) io.stdout.write(`${JSON.stringify(list)}\n`)
      else
        for (const token of list)
          io.stdout.write(`${[token.id, token.person, roleOf(token), stateOf(token, nowMs)].join('\t')}\n`)
    }
    return 0
  },
}

function orderOf(
  values: { person?: string | undefined; role?: string | undefined; scope?: string | undefined; days?: string | undefined },
  fallbackDays: number,
) {
  const person = personFlag(values.person, '--person')
  const role = ROLES.find((name) => name === values.role)
  if (role === undefined)
    throw new UsageError(`--role must be one of ${ROLES.join(', ')}, is ${JSON.stringify(values.role ?? '')}`)
  const { scope } = values
  return {
    person,
    role,
    ...(scope === undefined ? {} : { scope }),
    days: numberFlag(values.days, '--days', fallbackDays, [1, 3650]),
  }
}

function roleOf({ role, scope }: { role: string; scope: string | null }): string {
  return scope === null ? role : `${role} ${scope}`
}

function stateOf(
  { revoked_at_ms, expires_at_ms }: { revoked_at_ms: number | null; expires_at_ms: number },
  nowMs: number,
): string {
  if (revoked_at_ms !== null) return 'revoked'
  return expires_at_ms <= nowMs ? 'expired' : `until ${new Date(expires_at_ms).toISOString()}`
}
