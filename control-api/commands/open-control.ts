import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'
import { DEFAULT_REVISION_LIMITS } from '../../rules/revisions/judge-revision.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { dataPaths } from '../config/data-paths.ts'
import type { ControlConfig } from '../config/options.ts'
import { validityOf } from '../config/validity-of.ts'
import { createEventHub, type EventHub } from '../events/event-hub.ts'
import { createApprovedList } from '../publication/approved-list.ts'
import { createPublisher } from '../publication/create-publisher.ts'
import { createDirectoryFiles } from '../publication/directory-files.ts'
import { readOnlineKeys } from '../publication/key-files.ts'
import { PublicationError } from '../publication/publication-error.ts'
import type { Publisher } from '../publication/publisher.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import { createSqliteStore } from '../store/create-sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { personFlag } from './parse-flags.ts'

export const SYSTEM_CLOCK: Clock = { nowMs: () => Date.now() }

/** `size` bytes from the operating system. */
export const systemBytes = (size: number): Uint8Array => randomBytes(size)

/** A data folder that is open: what commands and service share. */
export interface OpenControl extends AsyncDisposable {
  readonly config: ControlConfig
  readonly store: Store
  readonly repository: RepositoryFiles
  readonly publisher: Publisher
  readonly events: EventHub
}

/** Opens what `control init` made. @throws PublicationError NOT_INITIALISED; StoreError */
export async function openControl(config: ControlConfig, log: FastifyBaseLogger): Promise<OpenControl> {
  const paths = dataPaths(config.data.dir)
  if (!existsSync(paths.database)) {
    throw new PublicationError(
      'NOT_INITIALISED',
      `There is no control API in ${config.data.dir}; run control init --data ${config.data.dir}`,
    )
  }
  const store = await createSqliteStore({ path: paths.database, clock: SYSTEM_CLOCK })
  const repository = createDirectoryFiles(paths.publication)
  const events = createEventHub()
  const publisher = createPublisher({
    store,
    events,
    log,
    files: repository,
    clock: SYSTEM_CLOCK,
    keep: config.publication.keep,
    validity: validityOf(config),
    approved: createApprovedList(store),
    limits: { ...DEFAULT_REVISION_LIMITS, maxShrinkShare: config.publication.maxShrinkShare },
    lockPath: paths.publicationLock,
    lockWaitMs: config.publication.lockWaitMs,
    readKeys: () => readOnlineKeys(paths.keys),
  })
  return { config, store, repository, publisher, events, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
}

/**
 * Who works at the machine's own command line, as the audit log names them unless `flag` says more.
 * @throws UsageError where it names nobody
 */
export function localPerson(person: string | undefined, flag = '--person'): string {
  return person === undefined ? `local:${userInfo().username}` : personFlag(person, flag)
}
