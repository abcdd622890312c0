import { createHash } from 'node:crypto'
import { type About, findAbout, stateChain } from '../../rules/firewall/about.ts'
import { findStoodIn, type NftRemains, type StandingRule } from '../../rules/firewall/compile-nft-staged.ts'
import { FirewallError } from './firewall-error.ts'

/** What the kernel holds of our table, elements apart. */
export interface NftState {
  readonly about: About
  readonly hooks: readonly string[]
  /** SHA-256 over sets, chains and rules as they stand, without counters: another value means that somebody changed them. */
  readonly shape: string
  /** Not empty between the last two steps of an apply, and after one that was cut off there. */
  readonly standing: readonly StandingRule[]
}

interface Listed {
  readonly family?: unknown
  readonly table?: unknown
  readonly name?: unknown
  readonly chain?: unknown
  readonly hook?: unknown
  readonly comment?: unknown
  readonly flags?: unknown
  readonly handle?: unknown
}

const CHAINS = ['about', 'guard', 'judge', 'judge4', 'judge6', 'refuse']
const SETS = ['host4', 'host6', 'net4', 'net6', 'mgmt4', 'mgmt6', 'open4', 'open6', 'block4', 'block6', 'seen4', 'seen6']

/**
 * Reads `nft --json --terse list ruleset inet`. `undefined` where our table is not there or not whole: another layout, a chain or set gone, no hook, switched off
 * (`flags dormant`; what 1.0.6 prints for it is not the flag, so any flag counts). (Listing our table
 * alone reads every element even with `--terse` on nft 1.0.6: 0.5 s at 100,000 against 4 ms.)
 * @throws FirewallError UNREADABLE
 */
export function findNftState(json: string): NftState | undefined {
  const all = listedOf(json).filter(({ value }) => value.family === 'inet')
  if (all.some(({ kind, value }) => kind === 'table' && value.name === 'edgeward' && value.flags !== undefined)) return undefined
  const ours = all.filter(({ value }) => value.table === 'edgeward')
  const comment = ours.find(({ kind, value }) => kind === 'rule' && value.chain === 'about')?.value.comment
  const about = typeof comment === 'string' ? findAbout(comment) : undefined
  if (about === undefined) return undefined
  const namesOf = (wanted: string) => ours.filter(({ kind }) => kind === wanted).map(({ value }) => String(value.name))
  // The chain that changes start from must say the same.
  const isWhole = isWithin([...CHAINS, stateChain(about)], namesOf('chain')) && isWithin(SETS, namesOf('set'))
  const hooks = ours.filter(({ value }) => typeof value.hook === 'string').map(({ value }) => String(value.hook))
  if (!isWhole || hooks.length === 0) return undefined
  const isOfState = ({ kind, value }: { kind: string; value: Listed }) =>
    kind === 'rule' ? value.chain === 'about' : value.name === stateChain(about)
  return { about, hooks, shape: digestOfShape(ours.filter((one) => !isOfState(one))), standing: standingIn(ours) }
}

/** Our table, whole or not. `kind` is `idle` where no packet goes through it (`table` is its handle), or there is none; `odd` where it holds what we do not make. */
export type NftFound =
  | { readonly kind: 'idle'; readonly table?: number }
  | { readonly kind: 'odd' }
  | ({ readonly kind: 'judging' } & NftRemains)

/** Names that may stand in a text for nft as they are. */
const PLAIN_NAME = /^[A-Za-z][\w./-]{0,99}$/

/** Reads the same. @throws FirewallError UNREADABLE */
export function findRemains(json: string): NftFound {
  const ours = listedOf(json).filter(
    ({ kind, value }) => value.family === 'inet' && (kind === 'table' ? value.name : value.table) === 'edgeward',
  )
  if (ours.every(({ value }) => value.hook === undefined)) {
    const handle = ours.find(({ kind }) => kind === 'table')?.value.handle
    return typeof handle === 'number' ? { kind: 'idle', table: handle } : { kind: 'idle' }
  }
  const namesOf = (wanted: string) => ours.filter(({ kind }) => kind === wanted).map(({ value }) => String(value.name))
  const [chains, sets] = [namesOf('chain'), namesOf('set')]
  const isPlain = ours.every(
    ({ kind, value }) => ['chain', 'set', 'rule'].includes(kind) || (kind === 'table' && value.flags === undefined),
  )
  return isPlain && [...chains, ...sets].every((name) => PLAIN_NAME.test(name))
    ? { kind: 'judging', chains, sets }
    : { kind: 'odd' }
}

/** The rules that name a set that stands in for another. @throws FirewallError UNREADABLE */
export function findStanding(json: string): readonly StandingRule[] {
  return standingIn(listedOf(json).filter(({ value }) => value.family === 'inet' && value.table === 'edgeward'))
}

function standingIn(ours: readonly { kind: string; value: Listed }[]): readonly StandingRule[] {
  return ours
    .filter(({ kind }) => kind === 'rule')
    .flatMap(({ value }) =>
      Array.from(JSON.stringify(value).matchAll(/"@([^"]+)"/g), ([, name = '']) => findStoodIn(name))
        .filter((set) => set !== undefined)
        .map((set) => ({ chain: String(value.chain), set, handle: Number(value.handle) })),
    )
}

function listedOf(json: string): { kind: string; value: Listed }[] {
  try {
    const { nftables } = JSON.parse(json) as { nftables: Record<string, Listed>[] }
    return nftables.flatMap((entry) => Object.entries(entry).map(([kind, value]) => ({ kind, value })))
  } catch (error) {
    throw new FirewallError('UNREADABLE', 'Cannot read what is in force: nft printed no list of objects', { cause: error })
  }
}

/** In the order of names, because a rewritten set or chain moves to the end. Rules keep theirs: it is what they mean. */
function digestOfShape(listed: readonly { kind: string; value: Listed }[]): string {
  const lines = listed.map(
    ({ kind, value }) => `${kind} ${String(value.chain ?? value.name)} ${JSON.stringify(value, withoutChanging)}`,
  )
  const sorted = lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => compareFirstWords(a.line, b.line) || a.index - b.index)
  const hash = createHash('sha256')
  for (const { line } of sorted) hash.update(`${line}\n`)
  return hash.digest('hex')
}

function compareFirstWords(a: string, b: string): number {
  const first = (line: string) => line.split(' ', 2).join(' ')
  if (first(a) === first(b)) return 0
  return first(a) < first(b) ? -1 : 1
}

/** Handles are given anew and counters count: neither says that somebody changed a rule. */
function withoutChanging(key: string, value: unknown): unknown {
  return key === 'handle' || key === 'packets' || key === 'bytes' ? undefined : value
}

function isWithin(wanted: readonly string[], found: readonly string[]): boolean {
  return wanted.every((name) => found.includes(name))
}
