import type { Block } from '../../rules/addresses/block.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import type { FilterProgram, Mode } from '../../rules/firewall/program.ts'
import type { Approval } from '../../rules/ledger/approval.ts'
import { createLedger } from '../../rules/ledger/create-ledger.ts'
import { LedgerError } from '../../rules/ledger/ledger-error.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { anOwner, revisionBytes } from '../support/allow-lists.ts'
import { aProgram } from '../support/filter-programs.ts'
import type { Seeded } from '../support/seeded.ts'
import { ADDRESSES, createAddressBitmap, type MappedBlock, mappedBlock, randomMappedBlock } from './address-bitmap.ts'

/** What people do to a list and to an edge, one thing after another, and beside it what must come of it. */
export interface RandomOperations {
  /** Does something by chance; gives its kind and the block that it was about. @throws Error where the ledger judges otherwise than the oracle */
  next(): { readonly kind: string; readonly about: MappedBlock | undefined }
  /** The way of the real thing: ledger, list, signed bytes, and back. */
  program(): FilterProgram
  /** What the oracle says of an address, by its place in `ADDRESSES`. */
  passes(place: number): boolean
  /** What the oracle says the approved list covers. */
  isApproved(place: number): boolean
}

const FACILITIES = ['01001', '01002', '01234', '79001', '79002'] as const
const HOUR_MS = 3_600_000
/** About how many approvals hold at a time. */
const ABOUT = 120

interface Held extends MappedBlock {
  readonly id: string
  readonly facility: string
}

export function createRandomOperations(random: Seeded): RandomOperations {
  const ledger = createLedger()
  const approvals: Held[] = []
  const maps = { approved: createAddressBitmap(), management: createAddressBitmap(), blocked: createAddressBitmap() }
  const lists = { management: new Set<MappedBlock>(), blocked: new Set<MappedBlock>() }
  let mode: Mode = 'enforce'
  let nowMs = 0
  let revision = 0

  /** One of another facility that shares an address is refused, unless whoever approves it knows of it. */
  const approve = (place: MappedBlock): string => {
    const facility = FACILITIES[random.below(FACILITIES.length)] ?? FACILITIES[0]
    const isShared = random.below(4) > 0
    const isHeld = approvals.some((one) => one.facility !== facility && one.from < place.until && place.from < one.until)
    const approval: Approval = {
      id: `a${nowMs}`,
      block: place.block,
      owner: anOwner({ facility }),
      effectiveFromMs: nowMs,
      effectiveUntilMs: undefined,
      sharedException: isShared,
    }
    try {
      ledger.approve(approval)
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'BLOCK_HELD') throw error
      if (!isHeld || isShared)
        throw new Error(`The ledger refused ${place.block} for ${facility}, which nobody else holds`, { cause: error })
      return 'held by another'
    }
    if (isHeld && !isShared)
      throw new Error(`The ledger took ${place.block} for ${facility}, though another facility holds some of it`)
    approvals.push({ ...place, id: approval.id, facility })
    maps.approved.add(place)
    return 'approve'
  }
  const revoke = (): MappedBlock | undefined => {
    const [gone] = approvals.splice(random.below(approvals.length), 1)
    if (gone === undefined) return undefined
    ledger.revoke(gone.id, nowMs)
    maps.approved.remove(gone)
    return gone
  }
  const exchange = (kind: 'management' | 'blocked', most: number): MappedBlock => {
    const inList = [...lists[kind]]
    const gone = inList[random.below(inList.length)]
    if (gone !== undefined && random.below(most) < inList.length) {
      lists[kind].delete(gone)
      maps[kind].remove(gone)
      return gone
    }
    const come = random.below(2) === 0 ? randomMappedBlock(random) : inside(random)
    lists[kind].add(come)
    maps[kind].add(come)
    return come
  }
  /** A block within one that is held, or around it. */
  const inside = (from: Seeded): MappedBlock => {
    const held = approvals[from.below(approvals.length)]
    if (held === undefined) return randomMappedBlock(from)
    const size = held.until - held.from
    return mappedBlock(held.from + from.below(size), from.below(Math.log2(size) + 1))
  }
  const around = (from: Seeded): MappedBlock => {
    const held = approvals[from.below(approvals.length)]
    if (held === undefined) return randomMappedBlock(from)
    return mappedBlock(held.from, Math.min(10, Math.log2(held.until - held.from) + 1 + from.below(3)))
  }

  const passes = (place: number): boolean => {
    if (maps.management.has(place)) return true
    if (maps.blocked.has(place)) return false
    return maps.approved.has(place) || mode === 'observe'
  }
  return {
    passes,
    isApproved: (place) => maps.approved.has(place),
    next() {
      nowMs += 1
      const dice = random.below(100)
      if (dice < 3) {
        mode = mode === 'enforce' ? 'observe' : 'enforce'
        return { kind: 'mode', about: undefined }
      }
      if (dice < 9) return { kind: 'management', about: exchange('management', 6) }
      if (dice < 21) return { kind: 'block', about: exchange('blocked', 12) }
      // Around `ABOUT` approvals, as many come as go.
      if (random.below(2 * ABOUT) < approvals.length) return { kind: 'revoke', about: revoke() }
      const way = random.below(4)
      const place = way === 0 ? around(random) : way === 1 ? inside(random) : randomMappedBlock(random)
      const kind = approve(place)
      if (kind !== 'approve') return { kind, about: place }
      return { kind: way === 0 ? 'cover' : way === 1 ? 'covered' : kind, about: place }
    },
    program() {
      revision += 1
      const { header, approved } = parseAllowDocument(revisionBytes({ revision, mode, entries: ledger.allowListAt(nowMs) }))
      return aProgram({
        revision: header.revision,
        digest: header.digest,
        mode: header.mode,
        approved,
        management: createBlockSet([...lists.management].map(({ block }) => block)),
        blocked: [...lists.blocked].map(({ block }) => ({ block, remainingMs: HOUR_MS })),
      })
    },
  }
}

/** The addresses that a list read back from a kernel covers, by place. */
export function placesOf(blocks: Iterable<Block>): Uint8Array {
  const covered = new Uint8Array(ADDRESSES.length)
  const starts = new Map(ADDRESSES.map((address, place) => [address as string, place]))
  for (const block of blocks) {
    const [address = '', length] = block.split('/')
    const from = starts.get(address)
    if (from === undefined) throw new Error(`The kernel holds ${block}, which is not of this universe`)
    const width = block.includes(':') ? 128 : 32
    covered.fill(1, from, from + 2 ** (width - Number(length ?? width)))
  }
  return covered
}
