import type { Block } from '../rules/addresses/block.ts'
import type { AgentPorts, Central } from './agent-ports.ts'
import type { AgentConfig } from './config/agent-config.ts'
import { createEdgeShape } from './config/create-edge-shape.ts'
import { followRevisions } from './control/follow-revisions.ts'
import { keepConnected } from './control/keep-connected.ts'
import { createDriftKeeper } from './drift/drift-keeper.ts'
import { createProofKeeper } from './drift/proof-keeper.ts'
import type { Firewall } from './firewall/firewall.ts'
import { createFleetSide } from './fleet/fleet-side.ts'
import { createFleetWatch } from './fleet/fleet-watch.ts'
import { createProtectedSources } from './fleet/protected-sources.ts'
import { keepWatchHealth } from './fleet/watch-health.ts'
import { createGateKeyCarrier } from './hand-over/gate-key-carrier.ts'
import { createSideKeeper } from './hand-over/side-keeper.ts'
import { findInterfaceFault } from './lockout/find-interface-fault.ts'
import { createLockoutGuard } from './lockout/lockout-guard.ts'
import { createOpeningBook } from './orders/opening-book.ts'
import { createOrderDesk } from './orders/order-desk.ts'
import { createProbation } from './probation/probation.ts'
import { buildReport } from './report/build-report.ts'
import { createReporter } from './report/reporter.ts'
import { createSeenBook } from './report/seen-book.ts'
import type { AgentStatus } from './status/agent-status.ts'
import { faultOf } from './status/fault.ts'
import { createStatusBoard } from './status/status-board.ts'
import { statusLine } from './status/status-line.ts'
import { type AtBoot, createBootKeeper } from './sync/boot-keeper.ts'
import { createEdge } from './sync/edge.ts'
import { createModeTimer } from './sync/mode-timer.ts'
import { createPassRunner } from './sync/pass-runner.ts'
import { planClosed } from './sync/plan-program.ts'
import { runPass } from './sync/run-pass.ts'
import { every } from './time/timers.ts'
import { followFlags } from './verdicts/follow-flags.ts'
import { createVerdictKeeper } from './verdicts/verdict-keeper.ts'
import { hasWatch } from './watch/watch-options.ts'
import { createArrivals } from './why/arrivals.ts'
import { explainSource } from './why/explain-source.ts'
import type { WhyAnswer } from './why/why-answer.ts'

export type { AgentPorts, Central, KernelPorts, LockoutPorts } from './agent-ports.ts'

export interface Agent {
  /** Copied from memory. */
  status(): AgentStatus
  /** Why a source is let in or not. From memory. */
  why(source: Block): WhyAnswer
  /** Works until `signal` is aborted. The rules stay in force when it ends. Never throws. */
  run(signal: AbortSignal): Promise<void>
}

/** Reconnecting and enrolling again: from a second up to a minute. */
const RETRY = { baseMs: 1000, maxMs: 60_000 } as const
/** `watch` is on this machine: its socket may be tried often. */
const WATCH_RETRY = { baseMs: 500, maxMs: 5000 } as const
const EVERY_MINUTE = '* * * * *'
const MAX_SEEN = 200
/** More than the kernel lists. */
const ALL_SEEN = 100_000

export function createAgent(ports: AgentPorts): Agent {
  const { config, clock, timers, random, log, firewall, hostFacts } = ports
  const { mode: hold } = config
  const backend = {
    name: firewall.backend,
    get reason() {
      return ports.backendReason
    },
  }
  const identity = { name: config.name, agentVersion: ports.agentVersion, localHold: hold === 'observe', backend }
  const board = createStatusBoard(identity, clock)
  const shape = createEdgeShape(config)
  const { orders, ...lockout } = ports.lockout
  const shield = createProtectedSources(lockout.sight, config.control.url, config.lockout.mustPass)
  const verdicts = createVerdictKeeper({
    policy: config.verdicts,
    management: shape.management,
    protectedSources: () => shield.blocks,
    clock,
    log,
  })
  const { beforeFirstList } = config.firewall
  const boot = createBootKeeper({
    atBoot: atBootOf(config, firewall),
    backend: ports.bootBackend ?? 'nft',
    files: ports.bootFiles,
    board,
    log,
  })
  const book = createOpeningBook({ limits: config.breakGlass, clock, board, log })
  const guard = createLockoutGuard({ sight: lockout.sight, ...config.lockout, controlUrl: config.control.url })
  const edge = createEdge({
    firewall,
    memory: ports.memory,
    boot,
    board,
    log,
    clock,
    shape,
    hold,
    beforeFirstList,
    blocks: (document) => verdicts.blocks(document),
    isSwitchOnTrial: lockout.probe !== undefined,
    assertSafe: (before, next) => guard.assertSafe(before, next),
    openings: book,
  })
  const showBlocks = (): void => void edge.showBlocks().then(() => board.set({ flags: [...verdicts.recent()] }))
  const fleetWatch = ports.fleetWatch ?? createFleetWatch(config.watch.socket)
  const fleet = createFleetSide({
    watch: fleetWatch,
    board,
    clock,
    timers,
    log,
    onFlags(flags) {
      verdicts.takeFleet(flags)
      showBlocks()
    },
  })
  const { handOver } = ports
  const sides = createSideKeeper({
    store: ports.sideStore,
    handOver,
    board,
    log,
    onBlocks: (version, bytes) => fleet.take(version, bytes, stopping.signal),
  })
  const gateKeys = createGateKeyCarrier({ handOver, board, clock, log })
  const { withinS, attempts } = config.probe
  const trial = { probe: lockout.probe, memory: lockout.probation, withinS, attempts }
  const probation = createProbation({ ...trial, edge, board, log, clock, timers })
  const desk = createOrderDesk({ orders, book, edge, probation, board, log })
  const proof = createProofKeeper({
    edge,
    reader: ports.kernel.reader,
    board,
    log,
    clock,
    timers,
    everyMs: config.proof.everyS * 1000,
    onDiffers: () => drift.found('unseen-elements', undefined, 'elements'),
    onUnreadable: () => void drift.look(),
  })
  const drift = createDriftKeeper({
    edge,
    board,
    log,
    clock,
    timers,
    random,
    watch: config.drift.listen ? ports.kernel.watch : undefined,
    compare: firewall.look && (async () => (await firewall.look?.()) ?? 'unknown'),
    lookEveryMs: config.drift.lookEveryS * 1000,
    wantProof: () => proof.want(),
  })
  /** Asks for a pass, with a report at its end; nothing while there is no way to central. */
  let requestPass = (): void => undefined
  const arrivals = createArrivals()
  const seenBook = createSeenBook(MAX_SEEN)
  /** Ready means: what is in force was read from the kernel and is right as far as this edge can make it. */
  const announce = (): void => {
    const status = board.read()
    const isReady = !status.faults.some(({ area }) => area === 'start')
    ports.serviceManager.tell({ isReady, status: statusLine(status) })
  }

  const stopping = new AbortController()
  const switchMode = async (): Promise<void> => {
    await probation.tend(stopping.signal)
    announce()
  }
  const modeTimer = createModeTimer({ edge, clock, timers, switchMode })

  const listenToWatch = (signal: AbortSignal): Promise<void> =>
    keepConnected({
      ...WATCH_RETRY,
      timers,
      random,
      signal,
      async connect(alive) {
        verdicts.connected()
        await followFlags(
          config.watch.socket,
          {
            onLine(line) {
              alive()
              board.set({ watch: 'connected' })
              if (verdicts.take(line)) showBlocks()
            },
            onRefused: (lineBytes) => log.warn({ lineBytes }, 'watch sent a line that is no flag'),
          },
          signal,
        )
      },
      onEnd(error) {
        if (board.read().watch === 'connected') log.warn(faultOf(error), 'watch went away')
        board.set({ watch: 'away' })
      },
    })

  const workWithCentral = async ({ client, source }: Central, signal: AbortSignal): Promise<void> => {
    const onTaken = () => probation.clockAgreed()
    using reporter = createReporter({ client, board, log, timers, random, signal, onTaken })
    const report = async (): Promise<void> => {
      await refreshFacts()
      const status = board.read()
      if (status.host !== null) reporter.submit(buildReport(status, status.host))
    }
    using documents = createPassRunner({
      timers,
      random,
      async run() {
        const outcome = await sides.pull(source, signal)
        await gateKeys.carry(client, sides.wantedKeys, signal)
        return outcome
      },
    })
    using passes = createPassRunner({
      timers,
      random,
      async run() {
        const outcome = await runPass({ source, edge, probation, board, log, limits: config.limits }, signal)
        if (outcome.kind === 'applied') proof.want()
        if (outcome.kind !== 'failed' || !outcome.isAway) documents.request()
        await sides.settle(edge.held)
        arrivals.note(edge.held)
        modeTimer.arm()
        announce()
        if (!signal.aborted) await report()
        return outcome
      },
    })
    using _schedule = timers.cron(config.pull.schedule, () => passes.requestWithin(config.pull.jitterMs))
    using _tallies = fleet.keepCarrying(client, signal)
    using _reports = every(timers, config.report.everyS * 1000, () => void report())
    passes.request()
    requestPass = () => passes.request()
    await keepConnected({
      ...RETRY,
      timers,
      random,
      signal,
      async connect(alive) {
        const nudge = (revision: number): void => {
          if (revision !== edge.held?.summary.revision) passes.request()
        }
        await followRevisions(
          client,
          nudge,
          () => {
            alive()
            board.set({ stream: 'connected' })
          },
          signal,
          (kind, version) => {
            if (version !== sides.version(kind)) documents.request()
          },
        )
      },
      onEnd(error, delayMs) {
        board.set({ stream: 'away' })
        log.info({ ...faultOf(error ?? new Error('the stream ended')), delayMs }, 'event stream ended')
      },
    })
    await passes.idle()
    await documents.idle()
    await reporter.idle()
  }

  const refreshFacts = async (): Promise<void> => {
    try {
      const isThere = edge.trusted.inForce !== undefined
      const [sources, unlisted] = isThere ? await Promise.all([firewall.seen(ALL_SEEN), firewall.unlisted()]) : [[], 0]
      const nowMs = clock.nowMs()
      board.set({ refused: { at: new Date(nowMs).toISOString(), ...seenBook.take(sources, unlisted, nowMs) } })
      board.fault('seen', undefined)
    } catch (error) {
      board.fault('seen', faultOf(error))
    }
    board.set({ host: await hostFacts.read(), flags: [...verdicts.recent()] })
  }

  /** Enrols or reads the identity, as often as it takes, then works until the end. */
  const followCentral = (signal: AbortSignal): Promise<void> =>
    keepConnected({
      ...RETRY,
      timers,
      random,
      signal,
      async connect() {
        const central = await ports.openCentral(signal)
        using _client = central.client
        board.fault('enrol', undefined)
        board.set({ agentId: central.agentId })
        await workWithCentral(central, signal)
      },
      onEnd(error, delayMs) {
        const fault = faultOf(error ?? new Error('the work with central ended'))
        board.fault('enrol', fault)
        log.error({ ...fault, delayMs }, 'edge has no way to central')
      },
    })

  const reviewOrders = async (): Promise<void> => {
    if (await desk.review()) requestPass()
  }

  const tend = async (): Promise<void> => {
    await edge.tend()
    await shield.refresh()
    await reviewOrders()
    board.fault('interfaces', await findInterfaceFault(lockout.sight, config.firewall.interfaces))
    await switchMode()
    modeTimer.arm()
  }

  return {
    status: () => board.read(),
    why: (source) =>
      explainSource(source, {
        program: edge.program,
        document: edge.held?.document,
        since: arrivals.findSince(source) ?? null,
        status: board.read(),
      }),
    async run(signal) {
      signal.addEventListener('abort', () => stopping.abort(), { once: true })
      await desk.open()
      await probation.recall()
      await edge.restore()
      await sides.recall()
      boot.keepBeforeFirstList(beforeFirstList === 'closed' ? planClosed(shape) : undefined)
      await edge.remember()
      modeTimer.arm()
      announce()
      using _health = hasWatch(config) ? keepWatchHealth({ watch: fleetWatch, board, timers, log }, signal) : undefined
      await refreshFacts()
      using _orders = orders.watch(() => void reviewOrders())
      await reviewOrders()
      // After the word that it is ready: the portal may take its time, and the rules are in force.
      await probation.settle(signal)
      await switchMode()
      modeTimer.arm()
      arrivals.note(edge.held)
      using _fleet = fleet
      using _tend = timers.cron(EVERY_MINUTE, () => void tend())
      await Promise.all([followCentral(signal), listenToWatch(signal), drift.run(signal)])
      proof[Symbol.dispose]()
      await proof.idle()
      modeTimer[Symbol.dispose]()
      await ports.serviceManager.stopping()
      await boot.idle()
    },
  }
}

/** A dry run is to be one after the next boot too; one that nobody wanted changes nothing about it. */
function atBootOf(config: AgentConfig, { backend }: Firewall): AtBoot {
  if (config.firewall.backend === 'dry-run') return 'nothing'
  return backend === 'dry-run' ? 'as-before' : 'program'
}
