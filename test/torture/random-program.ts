import type { Block } from '../../rules/addresses/block.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { textOfV4 } from '../../rules/addresses/block-words.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import type { FilterProgram, Mode } from '../../rules/firewall/program.ts'
import { type PlacedBlock, placedBlock, UNIVERSE } from '../support/block-universe.ts'
import { aProgram } from '../support/filter-programs.ts'
import type { Seeded } from '../support/seeded.ts'

/** Blocks of one kind that a program names; the same block may stand there more than once. */
export type BlockKind = 'approved' | 'management' | 'opened' | 'blocked'

/** A program and, beside it, what it must do to each cell of the universe, found without any of its code. */
export interface RandomProgram {
  readonly program: FilterProgram
  /** What a source in each cell of `UNIVERSE` meets at a guarded port where it is judged: 1 passes. */
  readonly passes: Uint8Array
}

/** Programs that follow each other as revisions do. */
export interface RandomPrograms {
  /** The next revision: some blocks come, some go, and now and then the mode, the hooks or the interfaces change. */
  next(): RandomProgram
  /** The same revision with other blocked sources. */
  nextBlocked(): RandomProgram
}

/** Hosts beside the universe, so that lists have a size: this many, a tenth of them exchanged now and then. */
const BULK = 3000
const HOUR_MS = 3_600_000
const HOOKS = [['input'], ['forward'], ['input', 'forward']] as const
/** How many blocks of each kind there are about. */
const ABOUT: Readonly<Record<BlockKind, number>> = { approved: 60, management: 4, opened: 2, blocked: 12 }

export function createRandomPrograms(random: Seeded, interfaces: readonly string[]): RandomPrograms {
  const held: Record<BlockKind, PlacedBlock[]> = { approved: [], management: [], opened: [], blocked: [] }
  const bulk = Uint8Array.from({ length: BULK }, () => random.below(2))
  let revision = 0
  let mode: Mode = random.below(3) === 0 ? 'observe' : 'enforce'
  let hooks: FilterProgram['hooks'] = HOOKS[random.below(3)] ?? HOOKS[2]
  let isNarrow = false
  for (const kind of Object.keys(held) as BlockKind[])
    for (let count = 0; count < ABOUT[kind]; count += 1) held[kind].push(placedBlock(random))

  const exchange = (kind: BlockKind, changes: number): void => {
    for (let change = 0; change < changes; change += 1) {
      const isMore = random.below(2 * ABOUT[kind]) >= held[kind].length
      if (isMore) held[kind].push(placedBlock(random))
      else held[kind].splice(random.below(held[kind].length), 1)
    }
  }
  /** A block goes from one kind to another in the same revision: what passes before and after, or neither, must do so in between. */
  const move = (): void => {
    const kinds = Object.keys(held) as BlockKind[]
    const from = kinds[random.below(kinds.length)] ?? 'approved'
    const to = kinds[random.below(kinds.length)] ?? 'blocked'
    const [moved] = held[from].splice(random.below(Math.max(1, held[from].length)), 1)
    if (moved === undefined) return
    held[to].push(moved)
    // Now and then it comes to two kinds at once, or leaves two at once.
    const other = kinds[random.below(kinds.length)] ?? 'approved'
    if (random.below(2) === 0) held[other].push(moved)
    else held[other] = held[other].filter(({ block }) => block !== moved.block)
  }
  const make = (): RandomProgram => {
    const approve: Block[] = held.approved.map(({ block }) => block)
    for (const [index, isIn] of bulk.entries()) if (isIn === 1) approve.push(textOfV4(0x1400_0000 + 7 * index, 32) as Block)
    const approved = createBlockSet(approve)
    const timed = (kind: BlockKind) => held[kind].map(({ block }) => ({ block, remainingMs: HOUR_MS }))
    const program = aProgram({
      revision,
      digest: digestOf(approved),
      mode,
      hooks,
      interfaces: isNarrow ? interfaces : [],
      approved,
      management: createBlockSet(held.management.map(({ block }) => block)),
      opened: timed('opened'),
      blocked: timed('blocked'),
    })
    const cells = { approved: cellsOf(held.approved), management: cellsOf(held.management), opened: cellsOf(held.opened) }
    const blocked = cellsOf(held.blocked)
    const passes = blocked.map((isBlocked, cell) => {
      if (cells.management[cell] === 1 || cells.opened[cell] === 1) return 1
      if (isBlocked === 1) return 0
      return cells.approved[cell] === 1 || mode === 'observe' ? 1 : 0
    })
    return { program, passes }
  }
  return {
    next() {
      revision += 1
      exchange('approved', 1 + random.below(6))
      for (const kind of ['management', 'opened', 'blocked'] as const)
        if (random.below(3) === 0) exchange(kind, 1 + random.below(2))
      for (let moves = random.below(4); moves > 0; moves -= 1) move()
      if (random.below(4) === 0) mode = mode === 'observe' ? 'enforce' : 'observe'
      if (random.below(12) === 0) hooks = HOOKS[random.below(3)] ?? HOOKS[2]
      if (random.below(12) === 0) isNarrow = !isNarrow
      if (random.below(6) === 0) for (let change = 0; change < BULK / 10; change += 1) bulk[random.below(BULK)] = random.below(2)
      return make()
    },
    nextBlocked() {
      exchange('blocked', 1 + random.below(4))
      return make()
    },
  }
}

/** 1 for each cell of the universe that one of the blocks covers. */
export function cellsOf(blocks: readonly PlacedBlock[]): Uint8Array {
  const cells = new Uint8Array(UNIVERSE.length)
  for (const { from, until } of blocks) cells.fill(1, from, until)
  return cells
}
