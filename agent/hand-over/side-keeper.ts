import { SIDE_KINDS, type SideKind } from '../../rules/documents/side-kind.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { createQueue } from '../process/create-queue.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { HeldRevision } from '../sync/held-revision.ts'
import type { PassOutcome } from '../sync/run-pass.ts'
import type { RevisionSource } from '../trust/revision-source.ts'
import { TrustError } from '../trust/trust-error.ts'
import type { HandOver } from './hand-over.ts'
import { handOverFacilities } from './hand-over-facilities.ts'
import { parseSide } from './parse-side.ts'
import type { KeptSide, SideStore } from './side-store.ts'

export interface SideKeeperParts {
  readonly store: SideStore
  readonly handOver: HandOver
  readonly board: StatusBoard
  readonly log: Log
  /** Gets the verdicts over all edges: those kept over a restart, and each that comes. */
  readonly onBlocks: (version: number, bytes: Uint8Array) => void
}

/**
 * The documents beside the list: policy, users, grants and verdicts over all edges. Each is verified, judged, kept byte for byte, never taken where it is older
 * than one taken before, and handed over to `watch`. What is held goes on while central is away; what is in it ends by its own ends.
 */
export interface SideKeeper {
  /** Version held, 0 before the first. */
  version(kind: SideKind): number
  /** Ids of the gate keys that the users document names. */
  readonly wantedKeys: readonly string[]
  /** Puts to use what the disk kept. Never throws. */
  recall(): Promise<void>
  /** Verifies the newest metadata and takes what is new. Never throws. */
  pull(source: RevisionSource, signal: AbortSignal): Promise<PassOutcome>
  /** Hands over what is not there yet, and the facilities of the list in force. Never throws. */
  settle(list: HeldRevision | undefined): Promise<void>
}

/** Taken, and not yet both kept and handed over. */
interface Pending extends KeptSide {
  readonly isKept: boolean
}

export function createSideKeeper({ store, handOver, board, log, onBlocks }: SideKeeperParts): SideKeeper {
  const inTurn = createQueue()
  const held = new Map<SideKind, number>()
  const pending = new Map<SideKind, Pending>()
  let wantedKeys: readonly string[] = []
  let wasThere = true
  let facilitiesOf: string | undefined

  const hold = (side: KeptSide, isKept: boolean): void => {
    const { version, keys } = parseSide(side.kind, side.bytes)
    if (version !== side.version)
      throw new TrustError('TARGET_MISMATCH', `Cannot take ${side.kind} ${side.version}: the document says that it is ${version}`)
    held.set(side.kind, version)
    pending.set(side.kind, { ...side, isKept })
    if (keys !== undefined) wantedKeys = keys
    if (side.kind === 'blocks') onBlocks(version, side.bytes)
    const versionOf = (kind: SideKind): number => held.get(kind) ?? 0
    board.set({ documents: { policy: versionOf('policy'), users: versionOf('users'), grants: versionOf('grants') } })
  }

  const take = async (kind: SideKind, version: number, bytes: Uint8Array): Promise<void> => {
    const floor = Math.max(held.get(kind) ?? 0, await store.floor(kind))
    if (version < floor) throw new TrustError('METADATA_OLDER', `Cannot take ${kind} ${version}: ${floor} was taken already`)
    hold({ kind, version, bytes }, false)
    log.info({ kind, version, bytes: bytes.length }, 'signed document was taken')
  }

  const keep = async (side: Pending): Promise<void> => {
    if (side.isKept) return
    await store.remember(side)
    pending.set(side.kind, { ...side, isKept: true })
  }

  const handOne = async ({ kind, bytes }: KeptSide): Promise<void> => {
    const before = await handOver.find(`${kind}.json`)
    if (before === undefined || Buffer.compare(before, bytes) !== 0) await handOver.put(`${kind}.json`, [bytes])
    pending.delete(kind)
  }

  /** A folder that was made after the start gets what is held already. */
  const comeBack = async (): Promise<void> => {
    facilitiesOf = undefined
    for (const kind of SIDE_KINDS) {
      const kept = pending.has(kind) ? undefined : await store.find(kind)
      if (kept !== undefined && kept.version === held.get(kind)) pending.set(kind, { ...kept, isKept: true })
    }
  }

  const settleNow = async (list: HeldRevision | undefined): Promise<void> => {
    const isThere = await handOver.isThere()
    if (isThere && !wasThere) await comeBack()
    wasThere = isThere
    for (const side of pending.values()) {
      await keep(side)
      if (isThere) await handOne(side)
      else pending.delete(side.kind)
    }
    if (isThere && list !== undefined && list.sha256 !== facilitiesOf) {
      const isNew = await handOverFacilities(handOver, list.bytes)
      facilitiesOf = list.sha256
      if (isNew) log.info({ revision: list.summary.revision }, 'facilities of the list were handed over')
    }
  }

  const settle = async (list: HeldRevision | undefined): Promise<void> => {
    try {
      await settleNow(list)
      board.fault('hand-over', undefined)
    } catch (error) {
      board.fault('hand-over', faultOf(error))
      log.error(faultOf(error), 'signed document could not be kept or handed over; the one before stays')
    }
  }

  const pullOne = async (source: RevisionSource, kind: SideKind, signal: AbortSignal): Promise<void> => {
    const pulled = await source.pullSide?.(kind, held.get(kind) ?? 0, signal)
    if (pulled?.kind === 'fetched') await take(kind, pulled.version, pulled.bytes)
  }

  const pull: SideKeeper['pull'] = async (source, signal) => {
    let fault: unknown
    try {
      await source.refresh?.(signal)
      for (const kind of SIDE_KINDS) {
        // What is wrong with one kind holds up no other; a control API that is away is so for all of them.
        await pullOne(source, kind, signal).catch((error: unknown) => {
          if (error instanceof ControlLinkError && error.code !== 'CONTROL_NOT_FOUND') throw error
          fault = error
        })
      }
    } catch (error) {
      fault = error
    }
    if (signal.aborted) return { kind: 'nothing-published' }
    board.fault('documents', fault === undefined ? undefined : faultOf(fault))
    await settle(undefined)
    if (fault === undefined) return { kind: 'nothing-published' }
    log.warn(faultOf(fault), 'signed documents could not be taken; those held go on to their ends')
    const link = fault instanceof ControlLinkError ? fault : undefined
    // A file that is gone was followed by a newer one: look again soon.
    const isAway = link?.code === 'CONTROL_UNREACHABLE' || link?.code === 'CONTROL_NOT_FOUND'
    return { kind: 'failed', step: 'pull', fault: faultOf(fault), isAway, retryAfterMs: link?.retryAfterMs ?? 0 }
  }

  const recallNow = async (): Promise<void> => {
    for (const kind of SIDE_KINDS) {
      const kept = await store.find(kind)
      try {
        if (kept !== undefined) hold(kept, true)
      } catch (error) {
        log.warn({ kind, ...faultOf(error) }, 'document kept on disk cannot be used and is fetched again')
      }
    }
    await settle(undefined)
  }

  return {
    version: (kind) => held.get(kind) ?? 0,
    get wantedKeys() {
      return wantedKeys
    },
    recall: () => inTurn(recallNow),
    pull: (source, signal) => inTurn(() => pull(source, signal)),
    settle: (list) => inTurn(() => settle(list)),
  }
}
