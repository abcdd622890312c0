import { connect } from 'node:net'
import { readBody, sendRequest } from '../control/http-request.ts'
import type { Probe, ProbeResult } from './probe.ts'

export interface NetworkProbeOptions {
  /** `http://` or `https://`; empty: only TCP. */
  readonly url: string
  /** `host:port` that must take a connection; empty: only HTTP. */
  readonly tcp: string
  /** Local address to ask from; empty: the system chooses. */
  readonly source: string
  readonly timeoutMs: number
}

const MAX_BODY_BYTES = 1_000_000

/** `undefined` where no target is named: the health check is off. */
export function findNetworkProbe(options: NetworkProbeOptions): Probe | undefined {
  const { url, tcp } = options
  if (url === '' && tcp === '') return undefined
  return {
    target: [tcp, url].filter((part) => part !== '').join(' and '),
    async ask(signal) {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)])
      try {
        if (tcp !== '') await knock(hostPortOf(tcp), options, limited)
        return url === '' ? { isWell: true } : await get(url, options, limited)
      } catch (error) {
        return { isWell: false, reason: error instanceof Error ? error.message || error.name : String(error) }
      }
    },
  }
}

/** `host:port` or `[v6]:port`, judged by the config. */
export function hostPortOf(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(at + 1)) }
}

function knock(target: { host: string; port: number }, { source }: NetworkProbeOptions, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ ...target, signal, ...(source === '' ? {} : { localAddress: source }) })
  socket.once('connect', () => {
    socket.destroy()
    resolve()
  })
  socket.once('error', reject)
  return promise
}

/** Anything below 500 is an answer of the portal: that it wants a login is its own business. */
async function get(url: string, { source, timeoutMs }: NetworkProbeOptions, signal: AbortSignal): Promise<ProbeResult> {
  const answer = await sendRequest({
    url: new URL(url),
    method: 'GET',
    headers: { connection: 'close', 'user-agent': 'edgeward-probe' },
    idleTimeoutMs: timeoutMs,
    signal,
    ...(source === '' ? {} : { localAddress: source }),
  })
  const { statusCode = 0 } = answer
  await readBody(answer, MAX_BODY_BYTES)
  return statusCode < 500 ? { isWell: true } : { isWell: false, reason: `${url} answered ${statusCode}` }
}
