import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { askSocket } from './ask-socket.ts'
import { startNginxPortal } from './nginx-portal.ts'
import { type Place, startOwn } from './place.ts'
import type { PortalOptions } from './portal-server.ts'
import type { Service } from './service.ts'
import { until } from './until.ts'

export interface EdgeHostOptions {
  readonly place: Place
  /** Folder of its own: config, state, sockets and log. Short, because socket paths are (unix(7)). */
  readonly folder: string
  readonly name: string
  readonly controlUrl: string
  readonly enrolToken: string
  readonly backend: 'nft' | 'dry-run'
  readonly management: readonly string[]
  readonly portal: PortalOptions & { readonly ports: readonly number[] }
  /** The real nginx takes the requests and writes the log; else the stand-in does both. */
  readonly hasNginx: boolean
  /** The key that the edges share: with it `watch` counts for central. */
  readonly tallyKey?: Uint8Array | undefined
  /** Options beside these; they win. Dotted paths are nested by the caller. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** One edge: agent, watch and a portal behind them, as real processes. */
export interface EdgeHost {
  readonly configFile: string
  readonly accessLog: string
  readonly socket: string
  startAgent(): Service
  startWatch(): Service
  /** Done when it listens on all ports. */
  startPortal(): Promise<readonly Service[]>
  status(): Promise<AgentStatus>
  /** Waits until the agent says that `isRight` of its status. */
  untilStatus(what: string, isRight: (status: AgentStatus) => boolean, deadlineMs?: number): Promise<AgentStatus>
}

/** Writes the edge's config; starts nothing yet. */
export async function createEdgeHost(options: EdgeHostOptions): Promise<EdgeHost> {
  const { place, folder, name } = options
  const file = (...names: string[]) => join(folder, ...names)
  for (const part of ['agent', 'watch']) await mkdir(file(part), { recursive: true, mode: 0o700 })
  const accessLog = file('access.log')
  const socket = file('agent.sock')
  const configFile = file('agent.yaml')
  await writeFile(file('enrol-token'), options.enrolToken, { mode: 0o600 })
  const tallies = { keyFile: file('edges.key'), everyS: 10 }
  if (options.tallyKey !== undefined) await writeFile(tallies.keyFile, options.tallyKey, { mode: 0o600 })
  await writeFile(
    configFile,
    stringify({
      name,
      stateDir: file('agent'),
      control: { url: options.controlUrl, enrolTokenFile: file('enrol-token'), timeoutMs: 3000 },
      pull: { schedule: '* * * * *', jitterMs: 1000 },
      firewall: { backend: options.backend },
      management: { prefixes: options.management.length === 0 ? 'none' : options.management },
      verdicts: { action: 'block-source', blockForS: 600 },
      report: { everyS: 10 },
      status: { socket },
      watch: {
        logs: [{ path: accessLog, format: 'nginx-json' }],
        socket: file('watch.sock'),
        stateDir: file('watch'),
        ...(options.tallyKey === undefined ? {} : { tallies }),
      },
      ...options.more,
    }),
  )
  const edge: EdgeHost = {
    configFile,
    accessLog,
    socket,
    startAgent: () => startOwn(place, 'agent run', 'agent/main.ts', ['run', '--config', configFile]),
    startWatch: () => startOwn(place, 'agent watch', 'agent/main.ts', ['watch', '--config', configFile]),
    async startPortal() {
      const socket = file('portal.sock')
      const order: PortalOptions = options.hasNginx ? { socket } : { log: accessLog, ...options.portal }
      const portal = startOwn(place, 'the portal stand-in', 'test/support/portal-server.ts', [JSON.stringify(order)])
      await portal.line(/^ready/)
      if (!options.hasNginx) return [portal]
      const { ports } = options.portal
      return [portal, await startNginxPortal({ place, folder: file('nginx'), ports, log: accessLog, upstream: socket })]
    },
    status: () => askSocket<AgentStatus>(socket, '/status'),
    untilStatus: (what, isRight, deadlineMs) =>
      until(
        what,
        async () => {
          const status = await edge.status()
          return isRight(status) ? status : undefined
        },
        { everyMs: 20, ...(deadlineMs === undefined ? {} : { deadlineMs }) },
      ),
  }
  return edge
}
