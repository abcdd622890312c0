import { mkdir, readFile } from 'node:fs/promises'
import { formatPolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { aFlag, type RunGateOptions, type RunningGate, runGate, startGateNginx } from './gate-edge.ts'
import { startHaproxy } from './haproxy-edge.ts'
import { type RecordingPortal, startRecordingPortal } from './recording-portal.ts'
import { until } from './until.ts'

/** A proxy with what is shipped for it, a gate, and a portal that writes down what reaches it. */
export interface GateEdge {
  readonly name: 'nginx' | 'HAProxy'
  readonly folder: string
  /** Sockets of clients, who say where they come from by the PROXY protocol: HTTP/1, and HTTP/2 without TLS. */
  readonly front: string
  readonly front2: string
  readonly running: RunningGate
  /** Another gate in the place of one that has stopped, with its folder. */
  startGateAgain(nowMs: number): Promise<RunningGate>
  readonly portal: RecordingPortal
  /** The clock of gate and proxy. */
  setClock(nowMs: number): Promise<void>
  /** Done when the proxy decides by all that the gate holds. */
  told(): Promise<void>
  takePolicy(yaml: string): Promise<void>
  /** The access log up to now. */
  logLines(): Promise<readonly string[]>
  /** Lets both keep running connections and begin anew. */
  reload(): Promise<void>
}

/** Starts nginx and HAProxy side by side below `folder`, each with a gate of its own. */
export async function startBothGates(folder: string, nowMs: number, parts: AsyncDisposableStack): Promise<readonly GateEdge[]> {
  return [await startNginx(`${folder}/n`, nowMs, parts), await startHaproxyEdge(`${folder}/h`, nowMs, parts)]
}

async function startNginx(folder: string, nowMs: number, parts: AsyncDisposableStack): Promise<GateEdge> {
  await mkdir(folder)
  const portal = parts.use(await startRecordingPortal(`${folder}/portal.sock`))
  const running = await runGate({ folder, nowMs })
  parts.defer(() => running.stop())
  const nginx = await startGateNginx(folder, true)
  parts.defer(async () => void (await nginx.stop('SIGQUIT')))
  return {
    name: 'nginx',
    folder,
    front: `${folder}/front.sock`,
    front2: `${folder}/h2.sock`,
    running,
    portal,
    startGateAgain: (ms) => restarted(parts, { folder, nowMs: ms }),
    setClock: async (ms) => running.clock.moveTo(ms),
    told: async () => undefined,
    takePolicy: policyTaker(running, async () => undefined),
    logLines: async () => (await readFile(`${folder}/edgeward.log`, 'utf8')).trimEnd().split('\n'),
    reload: async () => void process.kill(nginx.pid, 'SIGHUP'),
  }
}

async function startHaproxyEdge(folder: string, nowMs: number, parts: AsyncDisposableStack): Promise<GateEdge> {
  await mkdir(folder)
  const portal = parts.use(await startRecordingPortal(`${folder}/portal.sock`))
  const haproxy = parts.use(await startHaproxy(folder, Buffer.alloc(32, 7).toString('base64'), true))
  const options = { haproxy: { socket: `${folder}/runtime.sock`, maps: folder } }
  const running = await runGate({ folder, nowMs, options })
  parts.defer(() => running.stop())
  let marks = 0
  /** A flag of nobody, told at once: the map of standings holds it in the pass that begins next. */
  const pass = async (): Promise<void> => {
    marks += 1
    const untilMs = 8_000_000_000_000 + marks
    running.flags.take(aFlag('99999_BV', untilMs))
    await until(
      'HAProxy was told',
      async () => {
        const answer = await haproxy.runtime.ask(`get map ${folder}/edgeward-standings.map 99999_BV`)
        return answer.includes(String(untilMs)) || undefined
      },
      { everyMs: 5 },
    )
  }
  // A pass may be under way with what was, and one says standings first and the policy last: the second is whole when a third has begun.
  const told = async (): Promise<void> => {
    for (let passes = 0; passes < 3; passes += 1) await pass()
  }
  const setClock = async (ms: number): Promise<void> => {
    running.clock.moveTo(ms)
    await haproxy.setClock(ms)
  }
  await told()
  await setClock(nowMs)
  return {
    name: 'HAProxy',
    folder,
    front: haproxy.front,
    front2: haproxy.front2,
    running,
    portal,
    startGateAgain: (ms) => restarted(parts, { folder, nowMs: ms, options }),
    setClock,
    told,
    takePolicy: policyTaker(running, told),
    logLines: async () => haproxy.log,
    async reload() {
      await haproxy.reload()
      await told()
    },
  }
}

async function restarted(parts: AsyncDisposableStack, options: RunGateOptions): Promise<RunningGate> {
  const running = await runGate(options)
  parts.defer(() => running.stop())
  return running
}

function policyTaker(running: RunningGate, told: () => Promise<void>): (yaml: string) => Promise<void> {
  let version = 0
  return async (yaml) => {
    version += 1
    const publishedAt = new Date(running.clock.nowMs()).toISOString()
    const content = formatPolicy({ format: 'edgeward-policy/1', version, publishedAt, policy: parsePolicySource(yaml) })
    await running.handOver('policy.json', content, (gate) => gate.holder.policyVersion === version)
    await told()
  }
}
