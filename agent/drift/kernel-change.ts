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

/** True where a change left everything but the elements of our sets alone. */
export function isOnlyElements(touches: readonly Touch[]): boolean {
  return touches.every(({ object }) => object === 'element')
}
