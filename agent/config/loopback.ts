/** A loopback address and port to listen on. Port 0 lets the system choose. */
export interface LoopbackAddress {
  readonly host: string
  readonly port: number
}

/** Reads `127.0.0.1:9440` or `[::1]:9440`; `undefined` for anything else: the status is never offered to a network. */
export function findLoopback(text: string): LoopbackAddress | undefined {
  const match = /^(127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match?.[1] === undefined || port > 65_535) return undefined
  return { host: match[1].replace(/[[\]]/g, ''), port }
}
