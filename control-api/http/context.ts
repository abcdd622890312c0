import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { Registry } from 'prom-client'
import type { GateKeys } from '../../rules/gate/gate-keys.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlConfig } from '../config/options.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { FleetDesk } from '../fleet/fleet-desk.ts'
import type { OtpService } from '../otp/otp-service.ts'
import type { Publisher } from '../publication/publisher.ts'
import type { RepositoryFiles } from '../publication/repository-files.ts'
import type { RehearsalDesk } from '../rehearsal/rehearsal-desk.ts'
import type { ReportLog } from '../reports/report-log.ts'
import type { Store } from '../store/store.ts'
import type { UsersDesk } from '../users/users-desk.ts'

/** All that a route may reach. The `serve` command builds it; tests pass their own parts. */
export interface ControlContext {
  readonly store: Store
  readonly clock: Clock
  readonly config: ControlConfig
  readonly publisher: Publisher
  /** Files of the signed repository, to be served as they are. */
  readonly repository: RepositoryFiles
  readonly reports: ReportLog
  readonly events: EventHub
  /** What all edges count together. */
  readonly fleet: FleetDesk
  /** One-time codes, grants and messages. */
  readonly otp: OtpService
  /** Named users: their keys, their signed list, their uses. */
  readonly users: UsersDesk
  /** What edges count in rehearsal of the account policy. */
  readonly rehearsal: RehearsalDesk
  /** Keys under which edges know accounts, newest first. Asked for each time, because they are rotated while the service runs. @throws PublicationError */
  readonly gateKeys: () => Promise<GateKeys>
  /** What `/metrics` shows; an own registry, so that two servers in one process do not meet. */
  readonly metrics: Registry
  readonly log: FastifyBaseLogger
  /** `size` bytes nobody can guess: ids and tokens. */
  readonly randomBytes: (size: number) => Uint8Array
}

/** The fastify instance that `registerXxxRoutes(app, context)` gets: TypeBox schemas give the types of body, query and params. */
export type ControlApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
