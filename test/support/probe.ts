/**
 * Program of the test peer (see peer.ts): orders come as JSON lines on standard input, answers go as JSON lines to standard output. It stays
 * alive between probes, because starting Node for each would take longer than the probe.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, Agent as HttpAgent, type IncomingMessage, request } from 'node:http'
import { connect, isIPv6 } from 'node:net'
import { createInterface } from 'node:readline'
import type { ProbeResult } from './peer.ts'

export interface ProbeTarget {
  readonly kind: 'tcp' | 'http' | 'udp'
  readonly address: string
  readonly port: number
  /** Source address, for a client that has several. */
  readonly from?: string
  /** Silence longer than this is `timeout`; 1,000 if not given. */
  readonly timeoutMs?: number
  /** For `http`: path, method, headers and body. */
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type PeerOrder =
  | { readonly do: 'probe' | 'open'; readonly target: ProbeTarget }
  | { readonly do: 'again'; readonly connection: number }
  | { readonly do: 'listen'; readonly kind: 'http' | 'udp'; readonly port: number; readonly address?: string }

export type PeerAnswer = ProbeResult & { readonly id: number; readonly fault?: string }

interface Connection {
  readonly agent: HttpAgent
  readonly target: ProbeTarget
}

async function serveOrders(): Promise<void> {
  const connections = new Map<number, Connection>()
  process.stdout.write('ready\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as PeerOrder & { id: number }
    void follow(order, connections).then(
      (result) => process.stdout.write(`${JSON.stringify({ id: order.id, ...result })}\n`),
      (error: unknown) => process.stdout.write(`${JSON.stringify({ id: order.id, fault: String(error) })}\n`),
    )
  }
  process.exitCode = 0
  // Servers and kept connections would hold the process; its standard input ended, so nobody asks any more.
  process.kill(process.pid, 'SIGTERM')
}

async function follow(order: PeerOrder & { id: number }, connections: Map<number, Connection>): Promise<ProbeResult> {
  switch (order.do) {
    case 'listen':
      await listen(order.kind, order.port, order.address)
      return { outcome: 'passed', ms: 0 }
    case 'open': {
      const connection = { agent: new HttpAgent({ keepAlive: true, maxSockets: 1 }), target: order.target }
      connections.set(order.id, connection)
      return askHttp(connection.target, connection.agent)
    }
    case 'again': {
      const connection = connections.get(order.connection)
      if (connection === undefined) throw new Error(`no connection ${order.connection}`)
      return askHttp(connection.target, connection.agent)
    }
    case 'probe':
      if (order.target.kind === 'udp') return askUdp(order.target)
      return order.target.kind === 'http' ? askHttp(order.target, new HttpAgent()) : askTcp(order.target)
  }
}

function askTcp(target: ProbeTarget): Promise<ProbeResult> {
  return judged(target, (passed, failed) => {
    const socket = connect({
      host: target.address,
      port: target.port,
      ...(target.from === undefined ? {} : { localAddress: target.from }),
    })
    socket.once('connect', () => passed({}))
    socket.once('error', failed)
    return () => socket.destroy()
  })
}

function askHttp(target: ProbeTarget, agent: HttpAgent): Promise<ProbeResult> {
  return judged(target, (passed, failed) => {
    const asked = request({
      agent,
      host: target.address,
      port: target.port,
      path: target.path ?? '/',
      method: target.method ?? 'GET',
      headers: { ...target.headers },
      ...(target.from === undefined ? {} : { localAddress: target.from }),
    })
    asked.once('error', failed)
    asked.once('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', failed)
      response.once('end', () => passed({ status: response.statusCode ?? 0, body: String(Buffer.concat(chunks)) }))
    })
    asked.end(target.body)
    return (ended) => {
      if (!ended) asked.destroy()
    }
  })
}

function askUdp(target: ProbeTarget): Promise<ProbeResult> {
  return judged(target, (passed, failed) => {
    const socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4')
    socket.once('error', failed)
    socket.once('message', (message) => passed({ body: String(message) }))
    const ask = () => socket.connect(target.port, target.address, () => socket.send(target.body ?? 'ping'))
    if (target.from === undefined) ask()
    else socket.bind({ address: target.from }, ask)
    return () => socket.close()
  })
}

type Found = Pick<ProbeResult, 'status' | 'body'>

/** Runs one probe against its clock; `start` gives back what closes it. */
function judged(
  target: ProbeTarget,
  start: (passed: (found: Found) => void, failed: (error: NodeJS.ErrnoException) => void) => (ended: boolean) => void,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const begun = performance.now()
    let done = false
    const end = (result: Omit<ProbeResult, 'ms'>) => {
      if (done) return
      done = true
      clearTimeout(timer)
      resolve({ ...result, ms: Math.round((performance.now() - begun) * 10) / 10 })
      close(result.outcome === 'passed')
    }
    const timer = setTimeout(() => end({ outcome: 'timeout' }), target.timeoutMs ?? 1000)
    const close = start(
      (found) => end({ outcome: 'passed', ...found }),
      (error) => end({ outcome: outcomeOf(error, target.kind), error: error.code ?? error.message }),
    )
  })
}

/** ECONNREFUSED is a reset for TCP and ICMP port-unreachable for UDP; admin-prohibited is EHOSTUNREACH (v4) or EACCES (v6). */
function outcomeOf(error: NodeJS.ErrnoException, kind: ProbeTarget['kind']): ProbeResult['outcome'] {
  if (error.code === 'ETIMEDOUT') return 'timeout'
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return 'reset'
  return error.code === 'ECONNREFUSED' && kind !== 'udp' ? 'reset' : 'refused'
}

async function listen(kind: 'http' | 'udp', port: number, address?: string): Promise<void> {
  if (kind === 'http') {
    const server = createServer((asked, answer) => {
      answer.end(`from ${asked.socket.remoteAddress}\n`)
    })
    server.keepAliveTimeout = 600_000
    server.listen(port, ...(address === undefined ? [] : [address]))
    await once(server, 'listening')
    return
  }
  for (const family of address === undefined
    ? (['udp4', 'udp6'] as const)
    : [isIPv6(address) ? ('udp6' as const) : ('udp4' as const)]) {
    const socket = createSocket({ type: family, ipv6Only: family === 'udp6' })
    socket.on('message', (message, from) => socket.send(message, from.port, from.address))
    socket.bind(port, ...(address === undefined ? [] : [address]))
    await once(socket, 'listening')
  }
}

if (import.meta.main) await serveOrders()
