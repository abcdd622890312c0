import { join } from 'node:path'
import type { FacilitiesDocument } from '../../rules/facilities/facilities-document.ts'
import type { CompiledPolicy } from '../../rules/gate/compile-policy.ts'
import type { GateMode } from '../../rules/gate/gate-rule.ts'
import type { Standing } from '../../rules/gate/gate-state.ts'
import type { EdgeGrants } from '../../rules/grants/edge-grants.ts'
import { rightsText } from '../../rules/users/user-right.ts'
import type { UsersDocument } from '../../rules/users/users-document.ts'
import { EdgeGateError } from '../gate/edge-gate-error.ts'
import { addressEntries } from './address-entries.ts'
import { policyEntries } from './policy-entries.ts'
import { type ProxyDecisions, readDecisions } from './read-decisions.ts'
import { createRuntimeMap, type MapEntries } from './runtime-map.ts'
import type { RuntimeSocket } from './runtime-socket.ts'

/** What the gate holds, as far as HAProxy must know it. The same object again means that nothing has changed. */
export interface HaproxySource {
  readonly policy: CompiledPolicy
  readonly strongest: GateMode
  /** An instant that has come for certain: dates are held against it where it is past the clock. */
  readonly markMs: number
  /** By masked account and by token of the edges. */
  readonly standings: ReadonlyMap<string, Standing>
  readonly users: UsersDocument | undefined
  readonly grants: EdgeGrants | undefined
  readonly facilities: FacilitiesDocument | undefined
  readonly maskingKey: Uint8Array
  readonly tallyKey: Uint8Array | undefined
  readonly gateKeys: readonly Uint8Array[]
}

/** Keeps the maps of a HAProxy as the gate's own memory is. */
export interface HaproxyKeeper {
  /** Takes over who asked there and what was looked up under grants, then says what has changed. @throws EdgeGateError; what failed is done the next time */
  pass(source: HaproxySource, nowMs: number): Promise<void>
}

export interface HaproxyListeners {
  /** Hears of named users on the list who asked lately: a user whom no edge sees is disabled after 45 days. */
  readonly onUser: (token: string, atMs: number) => void
  /** Hears of look-ups under grants that HAProxy let pass. */
  readonly onUse: (token: string, atMs: number) => void
  /** Hears what HAProxy decided, each decision once. */
  readonly onDecisions: (decisions: ProxyDecisions) => void
}

/** Later than any date that a map is asked for. */
const FOR_EVER_MS = 8.64e15
const NOTHING: MapEntries = new Map()
/** Within the minute over which HAProxy keeps the rate of an account. */
const SEEN_MS = 30_000

/**
 * @param folder where HAProxy's configuration says that the maps are
 */
export function createHaproxyKeeper(
  socket: RuntimeSocket,
  folder: string,
  { onUser, onUse, onDecisions }: HaproxyListeners,
): HaproxyKeeper {
  const place = (name: string): string => join(folder, `edgeward-${name}.map`)
  const maps = {
    standings: createRuntimeMap(socket, place('standings')),
    users: createRuntimeMap(socket, place('users')),
    grants: createRuntimeMap(socket, place('grants')),
    addresses: createRuntimeMap(socket, place('addresses')),
    policy: createRuntimeMap(socket, place('policy'), true),
  }
  const done = new Map<string, unknown>()
  let epoch: string | undefined
  let lastUseS = 0
  let heard = '-'
  let seenAtMs = Number.NEGATIVE_INFINITY

  /** Whoever reloads HAProxy has empty maps: what was said last is no longer there. True where it holds no policy at all, and lets requests wait. */
  async function lookForReload(): Promise<boolean> {
    const answer = await socket.ask(`get map ${place('policy')} epoch`)
    const isEmpty = !answer.includes('value="')
    if (epoch !== undefined && answer.includes(`value="${epoch}"`)) return isEmpty
    for (const map of Object.values(maps)) map.forget()
    done.clear()
    lastUseS = 0
    epoch = undefined
    return isEmpty
  }

  async function readUses(grants: EdgeGrants | undefined): Promise<void> {
    if (grants === undefined) return
    // A second may not be over yet: its uses are read once more.
    const answer = await socket.ask(`show table edgeward_accounts data.gpt0 gt ${Math.max(0, lastUseS - 2)}`)
    const uses = [...answer.matchAll(/ key=([a-p]{16}) .* gpt0=([0-9]+)/g)]
    if (uses.length === 0) return
    const usedAtMs = new Map(grants.grants().map((grant) => [grant.token, grant.usedAtMs]))
    for (const [, token = '', second = ''] of uses) {
      lastUseS = Math.max(lastUseS, Number(second))
      if (Number(second) * 1000 <= (usedAtMs.get(token) ?? Number.POSITIVE_INFINITY)) continue
      grants.use(token, Number(second) * 1000)
      onUse(token, Number(second) * 1000)
    }
  }

  async function readUsers(users: UsersDocument | undefined, nowMs: number): Promise<void> {
    if (users === undefined || Math.abs(nowMs - seenAtMs) < SEEN_MS) return
    const answer = await socket.ask('show table edgeward_accounts data.http_req_rate gt 0')
    for (const [, token = ''] of answer.matchAll(/ key=([a-p]{16}) /g)) if (users.find(token) !== undefined) onUser(token, nowMs)
    seenAtMs = nowMs
  }

  async function hearDecisions(): Promise<void> {
    const decisions = readDecisions(await socket.ask(`show edgeward ${heard}`))
    if (decisions.name !== heard) onDecisions(decisions)
    heard = decisions.name
  }

  /** Does what has not been done for these values. */
  async function once(what: string, values: readonly unknown[], job: () => Promise<void>): Promise<void> {
    const before = done.get(what) as readonly unknown[] | undefined
    if (before !== undefined && values.every((value, at) => value === before[at])) return
    done.delete(what)
    await job()
    done.set(what, values)
  }

  return {
    async pass(source, nowMs) {
      try {
        await say(source, nowMs)
      } catch (error) {
        // Who takes no map may tell all the same how many requests it could not judge.
        if (!(error instanceof EdgeGateError && error.code === 'GATE_HAPROXY_AWAY')) await hearDecisions()
        throw error
      }
      await hearDecisions()
    },
  }

  async function say(source: HaproxySource, nowMs: number): Promise<void> {
    const isEmpty = await lookForReload()
    await readUses(source.grants)
    await readUsers(source.users, nowMs)
    const keys = keysText(source)
    await once('keys', [keys], async () => {
      const answer = await socket.ask(`experimental-mode on; set var proc.edgeward_keys str(${keys})`)
      if (answer.trim() !== '')
        throw new EdgeGateError('GATE_HAPROXY_REFUSED', `HAProxy takes no keys of the gate: ${answer.trim().slice(0, 200)}`)
    })
    const { standings, users, grants, facilities } = source
    await once('standings', [standings], () => maps.standings.fill(standingEntries(standings)))
    await once('grants', [grants, grants?.version], () => maps.grants.fill(grants === undefined ? NOTHING : grantEntries(grants)))
    // Long lists take seconds: meanwhile suspended accounts, retired functions and grants are judged, and not nothing.
    if (isEmpty) await maps.policy.fill(wholePolicy({ ...source, users: undefined, facilities: undefined }))
    await once('users', [users], () => maps.users.fill(users === undefined ? NOTHING : userEntries(users)))
    await once('addresses', [facilities], () =>
      maps.addresses.fill(facilities === undefined ? NOTHING : addressEntries(facilities)),
    )
    // The last: what it says of lists is true now.
    await once('policy', [users, grants, facilities, source.policy, source.markMs], async () => {
      const wanted = wholePolicy(source)
      await maps.policy.fill(wanted)
      epoch = wanted.get('epoch')
    })
  }
}

function wholePolicy({ policy, strongest, markMs, users, grants, facilities }: HaproxySource): MapEntries {
  return new Map([
    ['has.users', flagText(users)],
    ['has.grants', flagText(grants)],
    ['has.addresses', flagText(facilities)],
    ['mark', String(markMs)],
    ...provinceEntries(facilities),
    ...policyEntries(policy.source, strongest),
  ])
}

function keysText({ maskingKey, tallyKey, gateKeys }: HaproxySource): string {
  const texts = [maskingKey, tallyKey, ...gateKeys].map((key) => (key === undefined ? '-' : Buffer.from(key).toString('base64')))
  // A comma ends an argument of HAProxy's.
  return `"${texts.join(',')}"`
}

function standingEntries(standings: ReadonlyMap<string, Standing>): MapEntries {
  return new Map(
    [...standings].map(([key, { action, untilMs }]) => [key, `${action} ${Math.min(Math.ceil(untilMs), FOR_EVER_MS)}`]),
  )
}

function userEntries(users: UsersDocument): MapEntries {
  const entries = new Map<string, string>()
  for (const { token, rights, state, untilMs } of users.all())
    entries.set(token, `${state.charAt(0)} ${rightsText(rights)} ${untilMs ?? '-'}`)
  return entries
}

function grantEntries(grants: EdgeGrants): MapEntries {
  return new Map(
    grants
      .grants()
      .map(({ token, usedAtMs, endsAtMs, idleMs }) => [token, `${Math.floor(usedAtMs)} ${Math.floor(endsAtMs)} ${idleMs}`]),
  )
}

/** Provinces of facilities whose code does not say it. */
function* provinceEntries(facilities: FacilitiesDocument | undefined): Generator<readonly [string, string]> {
  for (const { facilities: owners } of facilities?.rows ?? [])
    for (const { facility, province } of owners) if (!facility.startsWith(province)) yield [`province.${facility}`, province]
}

function flagText(list: unknown): string {
  return list === undefined ? '0' : '1'
}
