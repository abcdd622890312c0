import { setTimeout as pause } from 'node:timers/promises'
import { makeLookUp } from './look-up.ts'
import type { Peer, ProbeResult } from './peer.ts'
import type { Seeded } from './seeded.ts'

export interface HarvestOptions {
  /** Address and port of the portal. */
  readonly address: string
  readonly port: number
  readonly account: string
  readonly ratePerS: number
  /** Gives up when nobody has cut it after so many. */
  readonly maxLookups: number
  readonly seeded: Seeded
  readonly signal?: AbortSignal
  /** Headers beside those of a look-up. */
  readonly headers?: Readonly<Record<string, string>>
  /** Looked at after each answer; `true` ends the harvest as if cut, for a host whose packets nobody judges. */
  isCut?(): boolean
}

/** What a harvester got before it was cut. */
export interface Harvest {
  readonly lookups: number
  readonly seconds: number
  /** What ended it; `undefined` when nobody did. */
  readonly end: ProbeResult | undefined
}

/** One person after another through one account, at an even rate, until a request is not answered. */
export async function harvest(client: Peer, options: HarvestOptions): Promise<Harvest> {
  const begun = performance.now()
  const seconds = () => (performance.now() - begun) / 1000
  for (let lookups = 0; lookups < options.maxLookups; lookups++) {
    const dueMs = (lookups * 1000) / options.ratePerS
    const earlyMs = dueMs - (performance.now() - begun)
    if (earlyMs > 0) await pause(earlyMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
    const { headers, ...lookUp } = makeLookUp(options.account, options.seeded)
    const result = await client.probe({
      kind: 'http',
      address: options.address,
      port: options.port,
      ...lookUp,
      headers: { ...headers, ...options.headers },
    })
    if (result.outcome !== 'passed') return { lookups, seconds: seconds(), end: result }
    if (options.isCut?.() === true) return { lookups: lookups + 1, seconds: seconds(), end: undefined }
  }
  return { lookups: options.maxLookups, seconds: seconds(), end: undefined }
}
