import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { onTestFinished } from 'vitest'
import type { TokenRow } from '../../control-api/access/access-tables.ts'
import { addToken } from '../../control-api/access/person-tokens.ts'
import { parseControlConfig } from '../../control-api/config/parse-control-config.ts'
import { validityOf } from '../../control-api/config/validity-of.ts'
import { createEventHub } from '../../control-api/events/event-hub.ts'
import { createFleetDesk } from '../../control-api/fleet/fleet-desk.ts'
import type { ControlApp, ControlContext } from '../../control-api/http/context.ts'
import { createControlServer } from '../../control-api/http/server.ts'
import { createOtpKeys } from '../../control-api/otp/otp-keys.ts'
import { createOtpService } from '../../control-api/otp/otp-service.ts'
import { type ApprovedList, createApprovedList } from '../../control-api/publication/approved-list.ts'
import { createPublisher } from '../../control-api/publication/create-publisher.ts'
import { initRepository, type RepositoryParts } from '../../control-api/publication/repository.ts'
import { createRehearsalDesk } from '../../control-api/rehearsal/rehearsal-desk.ts'
import { createSqliteReportLog } from '../../control-api/reports/create-sqlite-report-log.ts'
import type { SmsSender, TakeReceipt } from '../../control-api/sms/sms-sender.ts'
import { createSqliteStore } from '../../control-api/store/create-sqlite-store.ts'
import { createUserKeys } from '../../control-api/users/user-keys.ts'
import { createUsersDesk } from '../../control-api/users/users-desk.ts'
import { DEFAULT_DETECT_POLICY } from '../../rules/detect/detect-policy.ts'
import { DEFAULT_REVISION_LIMITS } from '../../rules/revisions/judge-revision.ts'
import { createFakeRepositoryFiles, type FakeRepositoryFiles } from '../fakes/fake-repository-files.ts'
import { createMemoryNormsFile } from '../fakes/memory-norms-file.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'
import { someKeys } from './signing-keys.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface ControlAppSetup {
  readonly app: ControlApp
  readonly context: ControlContext
  readonly clock: MovableClock
  readonly files: FakeRepositoryFiles
  /** Authorization headers of one person per role, and of a second approver. */
  readonly as: Readonly<
    Record<
      'operator' | 'approver' | 'otherApprover' | 'assessor' | 'reader' | 'portal' | 'province' | 'facility',
      { authorization: string }
    >
  >
  /** Makes another token and gives its Authorization header. */
  token(person: string, role: TokenRow['role'], scope?: string): Promise<{ authorization: string }>
  /** Lines of the log so far. */
  readonly logLines: string[]
}

export interface ControlAppOptions {
  readonly config?: string
  /** Instead of the registrations in the store. */
  readonly approved?: ApprovedList
  readonly startMs?: number
  /** Gateways for SMS; none if left out. */
  readonly senders?: (
    clock: MovableClock,
    context: Pick<ControlContext, 'log' | 'config'>,
    takeReceipt: TakeReceipt,
  ) => readonly SmsSender[]
}

/** The key under which its edges know accounts. */
export const GATE_KEY: Uint8Array = createHash('sha256').update('gate key of tests').digest()
const USER_SECRET: Uint8Array = createHash('sha256').update('user secret of tests').digest()

/** The whole control API in memory: store, repository, server (to be injected into), a clock that stands still, and a token per role. */
export async function createControlAppSetup(options: ControlAppOptions = {}): Promise<ControlAppSetup> {
  const clock = createMovableClock(options.startMs ?? Date.now())
  const config = parseControlConfig(options.config ?? '')
  const logLines: string[] = []
  const log = pino({ level: config.log.level }, { write: (line: string) => logLines.push(line) })
  const store = await createSqliteStore({ path: ':memory:', clock })
  const reports = createSqliteReportLog(':memory:', config.agents.reportsKept)
  const files = createFakeRepositoryFiles()
  const keys = someKeys()
  const repository: Omit<RepositoryParts, 'keys'> = { files, clock, keep: config.publication.keep, validity: validityOf(config) }
  await initRepository({ ...repository, keys: keys.online }, keys.root)
  const events = createEventHub()
  const publisher = createPublisher({
    ...repository,
    store,
    events,
    log,
    approved: options.approved ?? createApprovedList(store),
    limits: { ...DEFAULT_REVISION_LIMITS, maxShrinkShare: config.publication.maxShrinkShare },
    lockPath: join(await temporaryFolder(), 'lock'),
    lockWaitMs: 1000,
    readKeys: async () => keys.online,
  })
  const randomBytes = createSeededBytes('control-app')
  const context: ControlContext = {
    store,
    clock,
    config,
    publisher,
    repository: files,
    reports,
    events,
    log,
    metrics: new Registry(),
    randomBytes,
    fleet: createFleetDesk({
      store,
      publisher,
      clock,
      log,
      policy: DEFAULT_DETECT_POLICY,
      maxParts: config.fleet.maxParts,
      norms: createMemoryNormsFile(),
      randomBytes,
    }),
    gateKeys: async () => [GATE_KEY],
    rehearsal: createRehearsalDesk({ store, clock, log, ...config.rehearsal }),
    users: createUsersDesk({
      store,
      publisher,
      keys: async () => createUserKeys([GATE_KEY], USER_SECRET),
      clock,
      log,
      idleDays: config.users.idleDays,
      warnDays: config.users.warnDays,
    }),
    otp: createOtpService({
      store,
      publisher,
      config,
      clock,
      log,
      randomBytes,
      keys: createOtpKeys(randomBytes(32), randomBytes),
      gateKeys: async () => [GATE_KEY],
      createSenders: (takeReceipt) => options.senders?.(clock, { log, config }, takeReceipt) ?? [],
      answerMs: 0,
    }),
  }
  const app = await createControlServer(context)
  onTestFinished(async () => {
    await app.close()
    await context.otp[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await reports[Symbol.asyncDispose]()
  })
  const token = async (person: string, role: TokenRow['role'], scope?: string) => {
    const made = await store.transact({ person: 'init', role: 'system' }, (tx) =>
      addToken(tx, { person, role, days: 30, ...(scope === undefined ? {} : { scope }) }, { nowMs: clock.nowMs(), randomBytes }),
    )
    return { authorization: `Bearer ${made.token}` }
  }
  const as = {
    operator: await token('operator-1', 'operator'),
    approver: await token('approver-1', 'approver'),
    otherApprover: await token('approver-2', 'approver'),
    reader: await token('reader-1', 'reader'),
    assessor: await token('assessor-1', 'assessor'),
    portal: await token('portal-1', 'portal'),
    province: await token('province-1', 'province', '01'),
    facility: await token('facility-1', 'facility', '01234'),
  }
  return { app, context, clock, files, as, token, logLines }
}

/** Bytes that look random and are the same in every run. */
export function createSeededBytes(seed: string): (size: number) => Uint8Array {
  const state = { count: 0 }
  return (size) => {
    state.count += 1
    return createHash('shake256', { outputLength: size }).update(`${seed} ${state.count}`).digest()
  }
}
