import { once } from 'node:events'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { Registry } from 'prom-client'
import { dataPaths } from '../config/data-paths.ts'
import type { ControlConfig } from '../config/options.ts'
import { createFleetDesk } from '../fleet/fleet-desk.ts'
import { readFleetPolicy } from '../fleet/fleet-policy.ts'
import { startFleetTimer } from '../fleet/fleet-timer.ts'
import { openNormsFile } from '../fleet/norms-file.ts'
import type { ControlApp } from '../http/context.ts'
import { createLog } from '../http/create-log.ts'
import { createControlServer, type TlsFiles } from '../http/server.ts'
import { openOtpService } from '../otp/open-otp-service.ts'
import { startOtpTimer } from '../otp/otp-timer.ts'
import { learnNews, startPublicationSchedule } from '../publication/publication-schedule.ts'
import type { Publisher } from '../publication/publisher.ts'
import { openGateKeys } from '../publication/secret-files.ts'
import { createRehearsalDesk } from '../rehearsal/rehearsal-desk.ts'
import { startRehearsalTimer } from '../rehearsal/rehearsal-timer.ts'
import { createSqliteReportLog } from '../reports/create-sqlite-report-log.ts'
import { openUsersDesk } from '../users/open-users-desk.ts'
import { startUsersTimer } from '../users/users-timer.ts'
import type { Command } from './command.ts'
import { loadConfig } from './load-config.ts'
import { openControl, SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'run the control API until SIGINT or SIGTERM',
  usage: `--data DIR | --config FILE\n  ${DATA_USAGE}`,
  example: 'control serve --config /etc/edgeward/control.yaml',
  async run(args, io) {
    const { values } = parseFlags(args, DATA_FLAGS)
    const config = await loadConfig(values)
    const log = createLog(config.log.level, io.stdout)
    await using control = await openControl(config, log)
    const { publisher, store, repository, events } = control
    await publisher.reload()
    // After a long stop the timestamp has lapsed: sign it before anybody asks.
    await publisher.refresh()
    await using reports = createSqliteReportLog(dataPaths(config.data.dir).reports, config.agents.reportsKept)
    const fleet = createFleetDesk({
      store,
      publisher,
      log,
      clock: SYSTEM_CLOCK,
      policy: await readFleetPolicy(config.fleet.policyFile),
      maxParts: config.fleet.maxParts,
      norms: openNormsFile(dataPaths(config.data.dir).fleetNorms),
      randomBytes: systemBytes,
    })
    await using otp = await openOtpService(control, log)
    const users = openUsersDesk(control, log)
    const rehearsal = createRehearsalDesk({ store, clock: SYSTEM_CLOCK, log, ...config.rehearsal })
    const app = await createControlServer(
      {
        fleet,
        otp,
        users,
        rehearsal,
        gateKeys: () => openGateKeys(dataPaths(config.data.dir).gateKey, systemBytes),
        config,
        store,
        repository,
        publisher,
        events,
        reports,
        log,
        clock: SYSTEM_CLOCK,
        metrics: new Registry(),
        randomBytes: systemBytes,
      },
      await readTls(config),
    )
    await using _fleet = startFleetTimer(fleet, config.fleet.judgeEveryS * 1000, log)
    await using _otp = await startOtpTimer(otp, config.otp.signEveryMs, log)
    await using _users = startUsersTimer({
      desk: users,
      publishEveryMs: config.users.publishEveryS * 1000,
      idleSchedule: config.users.idleSchedule,
      log,
    })
    await using _rehearsal = startRehearsalTimer(rehearsal, log)
    await using _schedule = startPublicationSchedule({ publisher, options: config.publication, log })
    using _watcher = watchRepository(config, publisher, log)
    const address = await app.listen({
      host: config.server.host,
      port: config.server.port,
      listenTextResolver: () => 'socket opened',
    })
    log.info({ address, revision: publisher.revision }, 'listening')
    if (!io.signal.aborted) await once(io.signal, 'abort')
    log.info({ signal: String(io.signal.reason) }, 'stopping')
    await closeInTime(app, config.server.stopTimeoutS * 1000)
    log.info('stopped')
    return 0
  },
}

async function readTls({ tls }: ControlConfig): Promise<TlsFiles | undefined> {
  if (tls.certFile === null || tls.keyFile === null) return undefined
  const [cert, key] = await Promise.all([readFile(tls.certFile), readFile(tls.keyFile)])
  return { cert, key }
}

/** Hears at once of what `control publish` does beside the service; the schedule is the floor. */
function watchRepository(config: ControlConfig, publisher: Publisher, log: FastifyBaseLogger): Disposable {
  const folder = join(dataPaths(config.data.dir).publication, 'metadata')
  const watcher = watch(folder, (_event, name) => {
    if (name !== 'timestamp.json') return
    learnNews(publisher).catch((error: unknown) => log.warn({ err: error }, 'repository could not be read'))
  })
  watcher.on('error', (error) => log.warn({ err: error }, 'repository is not watched any more'))
  return { [Symbol.dispose]: () => watcher.close() }
}

/** Lets running requests end, but not for ever. */
async function closeInTime(app: ControlApp, timeoutMs: number): Promise<void> {
  const closed = new AbortController()
  const late = wait(timeoutMs, undefined, { signal: closed.signal, ref: false }).then(
    () => app.server.closeAllConnections(),
    () => undefined,
  )
  await app.close()
  closed.abort()
  await late
}
