import type { HandOver, HandOverName } from '../../agent/hand-over/hand-over.ts'
import { HandOverError } from '../../agent/hand-over/hand-over-error.ts'
import type { KeptSide, SideStore } from '../../agent/hand-over/side-store.ts'
import { MemoryError } from '../../agent/memory/memory-error.ts'
import type { SideKind } from '../../rules/documents/side-kind.ts'

/** A folder for `watch` in memory. */
export interface FakeHandOver extends HandOver {
  readonly files: Map<HandOverName, Buffer>
  /** Names put, in their order. */
  readonly puts: HandOverName[]
  /** Whether there is a folder at all. */
  setThere(isThere: boolean): void
  failWrites(isFull: boolean): void
}

export function createFakeHandOver(isThere = true): FakeHandOver {
  const files = new Map<HandOverName, Buffer>()
  const puts: HandOverName[] = []
  let there = isThere
  let isFull = false
  return {
    files,
    puts,
    setThere(next) {
      there = next
    },
    failWrites(full) {
      isFull = full
    },
    isThere: async () => there,
    find: async (name) => files.get(name),
    async put(name, parts) {
      const bytes = Buffer.concat([...parts].map((part) => Buffer.from(part)))
      if (isFull || !there) throw new HandOverError('HAND_OVER_UNWRITABLE', 'The fake folder is full')
      files.set(name, bytes)
      puts.push(name)
    },
  }
}

/** A store of documents that outlives the agent of a test. */
export interface FakeSideStore extends SideStore {
  failWrites(isFull: boolean): void
  /** Tears a document as a bad disk does; its floor stays. */
  tear(kind: SideKind): void
}

export function createFakeSideStore(): FakeSideStore {
  const kept = new Map<SideKind, KeptSide>()
  const floors = new Map<SideKind, number>()
  let isFull = false
  return {
    failWrites(full) {
      isFull = full
    },
    tear: (kind) => void kept.delete(kind),
    floor: async (kind) => floors.get(kind) ?? 0,
    find: async (kind) => kept.get(kind),
    async remember(side) {
      if (isFull) throw new MemoryError('STATE_UNWRITABLE', 'The fake disk is full')
      floors.set(side.kind, side.version)
      kept.set(side.kind, { ...side, bytes: Uint8Array.from(side.bytes) })
    },
  }
}
