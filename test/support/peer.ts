import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestNamespace } from './netns.ts'
import type { PeerAnswer, PeerOrder, ProbeTarget } from './probe.ts'

const PROBE_FILE = fileURLToPath(new URL('./probe.ts', import.meta.url))

/** What came of a probe. `reset`: TCP RST; `refused`: an ICMP error; `timeout`: silence. */
export interface ProbeResult {
  readonly outcome: 'passed' | 'reset' | 'refused' | 'timeout'
  readonly ms: number
  /** errno of what ended the probe: `ECONNREFUSED`, `ECONNRESET`, `EHOSTUNREACH`, `EACCES` … */
  readonly error?: string
  readonly status?: number
  readonly body?: string
}

/** The helper inside one namespace: it asks like a client and answers like a server. */
export interface Peer {
  readonly pid: number
  /** One new connection (tcp, http) or datagram (udp) and what came of it. */
  probe(target: ProbeTarget): Promise<ProbeResult>
  /** Opens a keep-alive HTTP connection and makes the first request on it. */
  open(target: Omit<ProbeTarget, 'kind'>): Promise<ProbeResult & { readonly connection: number }>
  /** Another request on a connection made by `open`. */
  again(connection: number): Promise<ProbeResult>
  /** Serves until the network is disposed; `http` also answers plain TCP. Both families when `address` is not given. */
  listen(kind: 'http' | 'udp', port: number, address?: string): Promise<void>
}

/** Starts the helper in `space` and waits until it takes orders. */
export async function startPeer(space: Pick<TestNamespace, 'name' | 'start'>): Promise<Peer> {
  const child = space.start(process.execPath, [PROBE_FILE])
  const waiting = new Map<number, { resolve(answer: PeerAnswer): void; reject(error: Error): void }>()
  const heard: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => heard.push(String(chunk)))
  child.once('exit', (code, signal) => {
    const error = new Error(`The peer in ${space.name} ended (${code ?? signal}): ${heard.join('')}`)
    for (const one of waiting.values()) one.reject(error)
  })
  if (child.stdout === null || child.stdin === null || child.pid === undefined)
    throw new Error(`No peer could be started in ${space.name}`)
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as PeerAnswer
    waiting.get(answer.id)?.resolve(answer)
    waiting.delete(answer.id)
  })
  const { stdin, pid } = child
  let last = 0
  const ask = async (order: PeerOrder): Promise<ProbeResult> => {
    last += 1
    const id = last
    const answer = new Promise<PeerAnswer>((resolve, reject) => waiting.set(id, { resolve, reject }))
    stdin.write(`${JSON.stringify({ ...order, id })}\n`)
    const { id: _, fault, ...result } = await answer
    if (fault !== undefined) throw new Error(`The peer in ${space.name} could not do ${JSON.stringify(order)}: ${fault}`)
    return result
  }
  return {
    pid,
    probe: (target) => ask({ do: 'probe', target }),
    async open(target) {
      const connection = last + 1
      return { ...(await ask({ do: 'open', target: { ...target, kind: 'http' } })), connection }
    },
    again: (connection) => ask({ do: 'again', connection }),
    async listen(kind, port, address) {
      await ask({ do: 'listen', kind, port, ...(address === undefined ? {} : { address }) })
    },
  }
}
