import type { TouchedHost } from '../../rules/firewall/compile-nft-hosts.ts'
import type { Doubt } from '../firewall/firewall.ts'

/** A process as the kernel names it: its id in the host's own numbering, and what it calls itself. */
export interface KernelProcess {
  readonly pid: number
  /** At most 64 printable ASCII characters; a process chooses its name itself. */
  readonly name: string
}

/** What a change did to one thing of our table: `delete` `rule` of chain `judge4`. */
export interface Touch {
  readonly verb: string
  readonly object: string
  /** Of the chain or set; empty for the table itself. */
  readonly name: string
}

/** One transaction of anybody's, as the kernel told of it. */
export interface KernelChange {
  readonly process: KernelProcess
  /** What it did to our table, each once; empty where it left it alone. */
  readonly touches: readonly Touch[]
  /** The elements of `host4` and `host6` that it touched; `many` where there are too many to name. Absent where the ear does not tell elements. */
  readonly hosts?: readonly TouchedHost[] | 'many'
}

/** Kinds of outside change, as status and reports name them. */
export const DRIFT_KINDS = {
  'table-removed': 'our table, in iptables all our chains, was deleted, or the whole ruleset flushed',
  'table-replaced': 'our table was deleted and another one of its name put there',
  'table-changed': 'our table was changed as a whole: switched off or renamed',
  'set-removed': 'a set was deleted',
  'set-replaced': 'a set was deleted and another one of its name put there',
  'set-added': 'a set was put beside ours',
  'chain-removed': 'a chain was deleted',
  'chain-changed': 'a chain was added, renamed or got another hook, priority or policy',
  'jump-removed': 'the jump to our chains in iptables was deleted',
  'jump-passed': 'a rule was put before the jump to our chains in iptables, where it could let in anybody',
  'rules-removed': 'rules were deleted, or a chain emptied',
  'rules-added': 'rules were added',
  'rules-changed': 'rules were replaced',
  'elements-removed': 'elements of a set were deleted, or a set emptied',
  'elements-added': 'elements were added to a set',
  'elements-changed': 'elements of a set were replaced',
  other: 'something else of our table was changed',
  unseen: 'the rules were found to be others than we left; nobody saw who did it',
  'unseen-elements': 'the approved elements were read back and are not those of the signed list; nobody saw who did it',
} as const

export type DriftKind = keyof typeof DRIFT_KINDS

const AREAS: readonly (readonly [object: string, removed: DriftKind, added: DriftKind, both: DriftKind])[] = [
  ['table', 'table-removed', 'table-changed', 'table-replaced'],
  ['set', 'set-removed', 'set-added', 'set-replaced'],
  ['chain', 'chain-removed', 'chain-changed', 'chain-changed'],
  ['rule', 'rules-removed', 'rules-added', 'rules-changed'],
  ['element', 'elements-removed', 'elements-added', 'elements-changed'],
]

/** The gravest thing that a change did. */
export function kindOf(touches: readonly Touch[]): DriftKind {
  for (const [object, removed, added, both] of AREAS) {
    const verbs = touches.filter((touch) => touch.object === object).map(({ verb }) => verb)
    if (verbs.length === 0) continue
    const isRemoved = verbs.includes('delete')
    const isAdded = verbs.some((verb) => verb !== 'delete')
    // nft prints the table again before what is put into it.
    if (object === 'table' && !isRemoved && touches.length > verbs.length) continue
    if (isRemoved && isAdded) return both
    return isRemoved ? removed : added
  }
  return 'other'
}

/** What must not be relied on after a change, with the hosts alone that it touched, where that is all. */
export interface ChangeDoubt {
  readonly doubt: Doubt
  readonly hosts?: readonly TouchedHost[]
}

const HOST_SETS: ReadonlySet<string> = new Set(['host4', 'host6'])
/** More are written anew with all others. */
const MAX_HOSTS = 500

/** No more than what a change touched is in doubt, where the ear tells all. */
export function doubtOf({ touches, hosts }: KernelChange): ChangeDoubt {
  const isEvery = (...objects: readonly string[]) => touches.every(({ object }) => objects.includes(object))
  if (!isEvery('element')) return { doubt: hosts !== undefined && isEvery('chain', 'rule') ? 'chains' : 'rules' }
  if (hosts === undefined) return { doubt: 'elements' }
  if (touches.every(({ name }) => !HOST_SETS.has(name))) return { doubt: 'prefixes' }
  return hosts !== 'many' && touches.every(({ name }) => HOST_SETS.has(name))
    ? { doubt: 'elements', hosts }
    : { doubt: 'elements' }
}

/** One change after another that was not put right yet. */
export function bothDoubts(first: ChangeDoubt | undefined, next: ChangeDoubt): ChangeDoubt {
  if (first === undefined) return next
  const kinds = new Set([first.doubt, next.doubt])
  if (kinds.size === 1) {
    if (first.hosts === undefined || next.hosts === undefined) return { doubt: next.doubt }
    const hosts = [...first.hosts, ...next.hosts]
    return hosts.length > MAX_HOSTS ? { doubt: next.doubt } : { doubt: next.doubt, hosts }
  }
  return { doubt: kinds.has('rules') || kinds.has('chains') ? 'rules' : 'elements' }
}
