import type { FastifyBaseLogger } from 'fastify'
import { SIDE_KINDS, type SideKind } from '../../rules/documents/side-kind.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { RevisionLimits } from '../../rules/revisions/judge-revision.ts'
import { formatBlocks, MAX_VERDICT_MS } from '../../rules/verdicts/blocks-document.ts'
import type { EventHub } from '../events/event-hub.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store } from '../store/store.ts'
import { createTurns } from '../store/turns.ts'
import type { ApprovedList } from './approved-list.ts'
import type { OnlineKeys } from './key-files.ts'
import { type PreparedRevision, prepareRevision } from './prepare-revision.ts'
import { withPublicationLock } from './publication-lock.ts'
import type { MakeSide, Publication, Publisher, PublishOrder } from './publisher.ts'
import { readNewestDocument, reconcile } from './reconcile.ts'
import {
  newestSides,
  newestTarget,
  publishDocument,
  publishSide,
  type RepositoryParts,
  readSide,
  refreshMetadata,
  type SideVersions,
} from './repository.ts'
import { endPrepared, highestRevision, insertPrepared, REPAIRER } from './revision-rows.ts'
import { fitsFigures, liveShrinkApprovals } from './shrink-approvals.ts'
import { readCurrent } from './signed-metadata.ts'

export interface PublisherParts extends Omit<RepositoryParts, 'keys'> {
  readonly store: Store
  readonly approved: ApprovedList
  readonly limits: RevisionLimits
  readonly events: EventHub
  readonly log: FastifyBaseLogger
  /** File of the lock between processes, and the longest wait for it. */
  readonly lockPath: string
  readonly lockWaitMs: number
  /** Read anew for every use, so that a replaced key needs no restart. @throws PublicationError */
  readKeys(): Promise<OnlineKeys>
}

/**
 * Order of a publication: the order to publish is audited (`prepared`), then the files are written, then it is `published`. Whatever dies in
 * between, `reconcile` finds out from the files which of the two it was.
 */
export function createPublisher(parts: PublisherParts): Publisher {
  const { store, clock, files, events, log } = parts
  const inTurn = createTurns()
  const state = { revision: 0, lookedUntilMs: 0 }
  const sides = new Map<SideKind, number>()
  const locked = <T>(work: (repository: RepositoryParts) => Promise<T>): Promise<T> =>
    inTurn(() =>
      withPublicationLock(parts.lockPath, parts.lockWaitMs, async () => work({ ...parts, keys: await parts.readKeys() })),
    )
  const learn = (revision: number): void => {
    state.revision = revision
    events.announce(revision)
  }

  const learnSide = (kind: SideKind, version: number): void => {
    sides.set(kind, version)
    events.announceSide(kind, version)
  }

  /** What is announced once is never called older, so the order in which several hear of it does not matter. */
  const hearOf = (newest: SideVersions): void => {
    for (const kind of SIDE_KINDS) if (newest[kind] > (sides.get(kind) ?? 0)) learnSide(kind, newest[kind])
  }

  const publishOne = (kind: SideKind, make: MakeSide): Promise<number> =>
    locked(async (repository) => {
      const version = await publishSide(repository, kind, (next) => make(next, clock.nowMs()))
      learnSide(kind, version)
      return version
    })

  const publish = (actor: Actor, order: PublishOrder): Promise<Publication> =>
    locked(async (repository) => {
      const current = await reconcile(store, repository, log)
      const newest = newestTarget(current)
      const nowMs = clock.nowMs()
      const { highest, approvals } = await store.read(async (db) => ({
        highest: await highestRevision(db),
        approvals: await liveShrinkApprovals(db, actor.person, nowMs),
      }))
      const prepared = prepareRevision(order, {
        revision: Math.max(highest, newest?.revision ?? 0) + 1,
        publishedAtMs: nowMs,
        entries: await parts.approved.entriesAt(nowMs),
        previous: await readNewestDocument(files, current),
        limits: parts.limits,
        findConfirmation: (figures) => {
          // A schedule is no second person.
          const row = actor.role === 'system' ? undefined : approvals.find((approval) => fitsFigures(approval, figures))
          if (row === undefined) return undefined
          return { id: row.id, confirmation: { reason: row.reason, requestedBy: row.person, approvedBy: actor.person } }
        },
      })
      if (prepared === undefined) {
        learn(newest?.revision ?? 0)
        const { revision = 0, entries = 0, digest = '' } = newest ?? {}
        return { revision, entries, added: 0, removed: 0, digest, isNew: false }
      }
      await insertPrepared(store, actor, prepared, order.note === undefined ? undefined : hideIdentifiers(order.note))
      await writeOut(repository, actor, prepared)
      const { revision, entries, digest } = prepared.header
      learn(revision)
      log.info(
        { revision, entries, added: prepared.added, removed: prepared.removed, person: actor.person },
        'revision published',
      )
      return { revision, entries, added: prepared.added, removed: prepared.removed, digest, isNew: true }
    })

  const writeOut = async (repository: RepositoryParts, actor: Actor, { header, document }: PreparedRevision): Promise<void> => {
    try {
      await publishDocument(repository, document, header)
    } catch (error) {
      // The files decide whether it is out: a fault after the timestamp was renamed changes nothing for clients.
      const current = await reconcile(store, repository, log)
      if (newestTarget(current)?.revision !== header.revision) throw error
      log.error({ err: error, revision: header.revision }, 'revision is out, but tidying up failed')
      return
    }
    await endPrepared(store, actor, header.revision, 'published')
  }

  const publishIfDue = async (): Promise<Publication | undefined> => {
    const nowMs = clock.nowMs()
    const last = await store.read((db) =>
      db
        .selectFrom('revision')
        .select('published_at_ms')
        .where('state', '=', 'published')
        .orderBy('revision', 'desc')
        .limit(1)
        .executeTakeFirst(),
    )
    // Before the first revision a person decides when to begin.
    if (last === undefined) return undefined
    const afterMs = Math.max(last.published_at_ms, state.lookedUntilMs)
    if (afterMs >= nowMs || !(await parts.approved.changesBetween(afterMs, nowMs))) return undefined
    try {
      const publication = await publish(REPAIRER, { note: 'effective date' })
      state.lookedUntilMs = nowMs
      return publication
    } catch (error) {
      // A refusal stands until a person acts or the next date comes; anything else is tried again.
      if (error instanceof ControlError) state.lookedUntilMs = nowMs
      throw error
    }
  }

  return {
    get revision() {
      return state.revision
    },
    sideVersion: (kind) => sides.get(kind) ?? 0,
    hearOf,
    publishSide: publishOne,
    readSide: (kind) => readSide(files, kind),
    publish,
    publishIfDue,
    publishBlocks: (verdicts) =>
      publishOne('blocks', (version, nowMs) =>
        formatBlocks({
          format: 'edgeward-blocks/1',
          version,
          publishedAt: new Date(nowMs).toISOString(),
          expiresAt: new Date(nowMs + MAX_VERDICT_MS).toISOString(),
          verdicts: [...verdicts],
        }),
      ),
    refresh: () => locked(refreshMetadata),
    reload: () =>
      locked(async (repository) => {
        const current = await reconcile(store, repository, log)
        learn(newestTarget(current)?.revision ?? 0)
        hearOf(newestSides(current))
      }),
    async status() {
      await parts.readKeys()
      const current = await readCurrent(files)
      return {
        revision: newestTarget(current)?.revision ?? 0,
        timestampExpiresAtMs: Date.parse(current.timestamp.expires),
        rootExpiresAtMs: Date.parse(current.root.expires),
        sides: newestSides(current),
      }
    },
  }
}
