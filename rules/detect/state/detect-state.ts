import { type Static, Type } from 'typebox'
import { type Account, sourcesOf } from '../account.ts'
import { type AccountDetails, DetailsShape } from '../account-details.ts'
import type { AccountTable } from '../account-table.ts'
import type { Norms } from '../norms/norms.ts'
import { CountersShape, type SlidingCounters } from '../sliding-counters.ts'
import type { Standing } from '../standings.ts'
import { MemoryShape, type SubjectMemory } from '../subject-memory.ts'
import { weightClassOf } from '../weight-lists.ts'
import { WINDOWS, windowNumber } from '../windows.ts'
import { DetectStateError } from './state-error.ts'
import { COUNT, StateReader } from './state-reader.ts'
import { jsonPiece, sealed, wordsPiece } from './state-writer.ts'

const ACCOUNTS_A_PIECE = 1000
const NO_PLACE = -1

/** The clocks of a detector, and how many requests it saw. */
export const DetectTimes = Type.Object({ nowMs: COUNT, nextHourMs: COUNT, nextStepMs: COUNT, requests: COUNT, evicted: COUNT })
export type DetectTimes = Static<typeof DetectTimes>

const Header = Type.Object({ windows: Type.String(), times: DetectTimes, accounts: COUNT, norms: COUNT, peers: COUNT })

const SavedAccount = Type.Object({
  name: Type.String(),
  /** The name is not the one the portal knows. */
  isMasked: Type.Boolean(),
  facility: Type.Optional(Type.String()),
  source: Type.String(),
  older: Type.Array(Type.String()),
  sourceAtS: COUNT,
  priorAtS: COUNT,
  requests: COUNT,
  details: Type.Integer({ minimum: NO_PLACE }),
  judgeAtS: COUNT,
  unjudged: COUNT,
  judgedAtS: COUNT,
  lates: COUNT,
  suspensions: COUNT,
  suspendedS: COUNT,
})
export type SavedAccount = Static<typeof SavedAccount>

const Text = Type.Object({ vi: Type.String(), en: Type.String() })
const SavedStanding = Type.Object({
  slot: COUNT,
  level: Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)]),
  rule: Type.String(),
  atMs: Type.Number(),
  action: Type.Union([Type.Literal('watch'), Type.Literal('throttle'), Type.Literal('suspend')]),
  requests: COUNT,
  subjects: COUNT,
  evidence: Text,
  window: COUNT,
  lastMs: Type.Number(),
  holdMs: Type.Number(),
  untilMs: Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]),
})
export type SavedStanding = Static<typeof SavedStanding>

/** What of a detector survives a restart. Accounts in step and walks over numbers are looked for anew. */
export interface DetectParts {
  readonly table: AccountTable
  readonly counters: SlidingCounters
  readonly memory: SubjectMemory
  readonly details: AccountDetails
  readonly norms: Norms
  /** Gives an account the form that may leave the process. */
  readonly maskAccount: (account: string) => string
  /** Names of accounts that were restored under a masked name and did not come back yet. */
  readonly masked: ReadonlySet<string>
}

/**
 * The state as bytes, piece by piece: accounts under their masked names, persons as 32 bits of their keyed hash, no other trace of anybody.
 * Nothing may change until the last piece was taken.
 */
export function saveState(parts: DetectParts, standings: readonly Standing[], times: DetectTimes): Iterable<Uint8Array> {
  return sealed(piecesOf(parts, standings, times))
}

function* piecesOf(
  { table, counters, memory, details, norms, maskAccount, masked }: DetectParts,
  standings: readonly Standing[],
  times: DetectTimes,
): Generator<Uint8Array> {
  const accounts = [...table.values()].sort((a, b) => a.slot - b.slot)
  const taught = accounts.flatMap(({ slot }) => {
    const own = norms.own.levelsOf(slot)
    return own === undefined ? [] : [{ slot, ...own }]
  })
  const peers = [...norms.peers.learned()]
  yield jsonPiece({ windows: WINDOWS_TEXT, times, accounts: accounts.length, norms: taught.length, peers: peers.length })
  for (let from = 0; from < accounts.length; from += ACCOUNTS_A_PIECE)
    yield jsonPiece(accounts.slice(from, from + ACCOUNTS_A_PIECE).map((account) => savedOf(account, maskAccount, masked)))
  yield jsonPiece(standings.map(savedStandingOf))
  yield jsonPiece(counters.shape())
  for (const array of counters.arrays()) yield wordsPiece(array)
  yield jsonPiece(memory.shape())
  for (const array of memory.arrays()) yield wordsPiece(array)
  yield jsonPiece(details.shape())
  for (const array of details.arrays()) yield wordsPiece(array)
  yield jsonPiece(peers)
  yield jsonPiece(taught.map(({ slot, sinceHour }) => [slot, sinceHour]))
  for (const { levels } of taught) yield wordsPiece(levels)
}

/** What a restore needs beside the parts. */
export interface RestorePort {
  /** Takes an account in, in the next slot. */
  admit(saved: SavedAccount): Account
  standing(account: Account, saved: SavedStanding): void
}

/**
 * Fills the parts of a detector that has seen nothing. After a throw they are not to be used.
 * @throws DetectStateError
 */
export function restoreState(bytes: Uint8Array, parts: DetectParts, maxAccounts: number, port: RestorePort): DetectTimes {
  const reader = new StateReader(bytes)
  const header = reader.json(Header)
  if (header.windows !== WINDOWS_TEXT)
    throw new DetectStateError('STATE_VERSION', 'Cannot read the counts: their windows are others')
  if (header.accounts > maxAccounts) throw noRoom(`they are of ${header.accounts} accounts, there is room for ${maxAccounts}`)
  const accounts: Account[] = []
  while (accounts.length < header.accounts) {
    for (const saved of reader.json(Type.Array(SavedAccount, { minItems: 1 }))) accounts.push(port.admit(saved))
  }
  const standings = reader.json(Type.Array(SavedStanding))
  const { counters, memory, details, norms, table } = parts
  counters.reshape(reader.json(CountersShape))
  for (const array of counters.arrays()) reader.into(array)
  if (!memory.reshape(reader.json(MemoryShape))) throw noRoom('they remember more persons than there is room for')
  for (const array of memory.arrays()) reader.into(array)
  if (!details.reshape(reader.json(DetailsShape))) throw noRoom('they hold more details than there is room for')
  for (const array of details.arrays()) reader.into(array)
  norms.peers.restore(reader.json(Type.Array(Type.Tuple([Type.Number(), COUNT]))))
  for (const [slot = 0, sinceHour = 0] of reader.json(Type.Array(Type.Tuple([COUNT, COUNT])))) {
    const levels = new Uint8Array(168)
    reader.into(levels)
    norms.own.restore(slot, sinceHour, levels)
  }
  reader.finish()
  for (const account of accounts) {
    const lookups = counters.readAt(account.slot, windowNumber('24h'), 'lookups', header.times.nowMs)
    table.use(account, lookups)
    if (account.details !== NO_PLACE) details.retake(account.details, account.slot, weightClassOf(lookups))
  }
  for (const saved of standings) {
    const account = accounts[saved.slot]
    if (account !== undefined) port.standing(account, saved)
  }
  return header.times
}

const WINDOWS_TEXT = JSON.stringify(WINDOWS)

function savedOf(account: Account, maskAccount: (account: string) => string, masked: ReadonlySet<string>): SavedAccount {
  const {
    name,
    facility,
    source,
    sourceAtS,
    priorAtS,
    requests,
    details,
    judgeAtS,
    unjudged,
    judgedAtS,
    lates,
    suspensions,
    suspendedS,
  } = account
  const shown = maskAccount(name)
  return {
    name: shown,
    isMasked: shown !== name || masked.has(name),
    ...(facility === undefined ? {} : { facility }),
    source,
    older: sourcesOf(account).slice(1),
    sourceAtS,
    priorAtS,
    requests,
    details,
    judgeAtS,
    unjudged,
    judgedAtS,
    lates,
    suspensions,
    suspendedS,
  }
}

function savedStandingOf({ account, level, rule, verdict, window, lastMs, holdMs, untilMs }: Standing): SavedStanding {
  const { atMs, requests, subjects, evidence } = verdict
  const action = verdict.action === 'release' ? 'watch' : verdict.action
  return {
    slot: account.slot,
    level: level === 0 ? 1 : level,
    rule: rule.name,
    atMs,
    action,
    requests,
    subjects,
    evidence,
    window,
    lastMs,
    holdMs,
    untilMs: [...untilMs],
  }
}

function noRoom(state: string): DetectStateError {
  return new DetectStateError('STATE_VERSION', `Cannot read the counts: ${state}`)
}
