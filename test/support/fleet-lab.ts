import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlClient } from '../../agent/control/control-client.ts'
import { ControlLinkError } from '../../agent/control/control-link-error.ts'
import type { FleetWatch } from '../../agent/fleet/fleet-watch.ts'
import { pinRoot } from '../../agent/trust/trust-store.ts'
import { createTufSource } from '../../agent/trust/tuf-source.ts'
import type { Watch } from '../../agent/watch/watch.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { type AgentLab, createAgentLab } from './agent-lab.ts'
import type { ControlAppSetup } from './control-app.ts'
import { type EnrolledAgent, enrolAgent } from './enrolled-agent.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'
import { type RunningWatch, runWatch } from './run-watch.ts'
import { toLogLine } from './scenarios/request.ts'

/** An edge with a real `watch` on a real log and a real agent, whose kernel and time are fakes, and a way to a control API in the same process. */
export interface FleetEdge {
  readonly name: string
  readonly agent: EnrolledAgent
  readonly running: RunningWatch
  readonly lab: AgentLab
  /** All that this edge sent to central, as text. */
  readonly sent: string[]
  /** Writes requests into its log. */
  write(requests: readonly AttributedRequest[]): number
  /** Moves its clocks on; jobs that come due run. */
  advance(ms: number): Promise<void>
}

export interface FleetEdgeOptions {
  readonly world: ControlAppSetup
  readonly folder: string
  readonly name: string
  readonly key: Uint8Array
  readonly startMs: number
  readonly config?: Readonly<Record<string, unknown>>
}

/** Enrols and starts an edge. */
export async function startFleetEdge({ world, folder, name, key, startMs, config }: FleetEdgeOptions): Promise<FleetEdge> {
  const home = join(folder, name)
  const trust = join(home, 'trust')
  mkdirSync(trust, { recursive: true })
  const agent = await enrolAgent(world, name)
  await pinRoot(trust, agent.root)
  const sent: string[] = []
  const client = clientOf(world, agent, sent)
  const clock: MovableClock = createMovableClock(startMs)
  const monotonic = createMovableClock(1_000_000)
  const running = await runWatch({ folder: home, clock, monotonic, tallies: { edge: name, key } })
  const lab = createAgentLab({
    startMs,
    config: { name, ...config },
    ports: {
      fleetWatch: fleetWatchOf(running.watch),
      openCentral: async () => ({ agentId: agent.id, client, source: createTufSource(client, trust) }),
    },
  })
  await lab.start()
  let written = 0
  return {
    name,
    agent,
    running,
    lab,
    sent,
    write(requests) {
      appendFileSync(join(home, 'access.log'), requests.map((request) => `${toLogLine(request)}\n`).join(''))
      written += requests.length
      return written
    },
    async advance(ms) {
      clock.moveBy(ms)
      monotonic.moveBy(ms)
      await lab.time.advance(ms)
    },
  }
}

/** What the socket of `watch` answers, without the socket. */
function fleetWatchOf(watch: Watch): FleetWatch {
  return {
    tallies: async () =>
      watch.tallies.held().map(({ boot, sequence, isWhole, bytes }) => ({ boot, sequence, isWhole, bytes: bytes.length })),
    tally: async ({ boot, sequence }) => watch.tallies.find(boot, sequence)?.bytes,
    accounts: async (tokens) =>
      (await watch.findAccounts(tokens)).map((account) => ({ ...account, sources: [...account.sources] })),
  }
}

function clientOf({ app, context }: ControlAppSetup, agent: EnrolledAgent, sent: string[]): ControlClient {
  const ask = async (method: 'GET' | 'POST', url: string, payload?: Buffer, type = 'application/json'): Promise<Buffer> => {
    const path = url.split('?')[0] ?? url
    const headers = { ...(await agent.authorize(method, path)), ...(payload === undefined ? {} : { 'content-type': type }) }
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    if (answer.statusCode < 300) return answer.rawPayload
    const code = answer.statusCode === 404 ? 'CONTROL_NOT_FOUND' : 'CONTROL_REFUSED'
    throw new ControlLinkError(code, `${method} ${path}: ${answer.statusCode} ${answer.body}`, { status: answer.statusCode })
  }
  const post = async (url: string, payload: Buffer, type?: string): Promise<Buffer> => {
    sent.push(payload.toString('latin1'))
    return ask('POST', url, payload, type)
  }
  return {
    fetchBytes: (path) => ask('GET', path),
    postJson: async (path, body) => {
      await post(path, Buffer.from(JSON.stringify(body)))
    },
    postBytes: async (path, bytes) => {
      await post(path, Buffer.from(bytes), 'application/octet-stream')
    },
    openStream: async (_path, _idleTimeoutMs, signal) => nudges(context.events, signal),
    [Symbol.dispose]: () => undefined,
  }
}

/** The event stream: what it says of verdicts. */
async function* nudges(events: ControlAppSetup['context']['events'], signal: AbortSignal): AsyncGenerator<Buffer> {
  let wake = Promise.withResolvers<void>()
  const waiting: string[] = [': hello\n\n']
  const tell = (event: string, data: object): void => {
    waiting.push(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    wake.resolve()
  }
  const end = events.listen({
    revision: (revision) => tell('revision', { revision }),
    side: (kind, version) => tell(kind, { version }),
    review: () => undefined,
  })
  signal.addEventListener('abort', () => wake.resolve())
  try {
    while (!signal.aborted) {
      const text = waiting.shift()
      if (text !== undefined) yield Buffer.from(text)
      else {
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    }
  } finally {
    end()
  }
}
