import type { PortalAccount } from './find-account.ts'

/** Who took a token from which address lately; names the account of requests that carry no name themselves. */
export interface Attributor {
  /** A token was given to `account` at `ip`. */
  remember(ip: string, account: PortalAccount, atMs: number): void
  /** The account that last took a token at `ip` and may still hold it at `atMs`. */
  recall(ip: string, atMs: number): PortalAccount | undefined
  /** Addresses held. */
  readonly size: number
}

/** Both limits have defaults: a token is bound to the caller's address and is said to live ten minutes. */
export interface AttributorOptions {
  readonly tokenLifeMs?: number
  /** Beyond it the address that took a token longest ago is forgotten. */
  readonly maxSources?: number
}

interface Token {
  readonly account: PortalAccount
  readonly atMs: number
}

/** Time comes with the lines, so a cold log gives the same answers. One attributor may serve the parsers of several logs. */
export function createAttributor(options: AttributorOptions = {}): Attributor {
  const { tokenLifeMs = 600_000, maxSources = 65_536 } = options
  const tokens = new Map<string, Token>()
  return {
    remember(ip, account, atMs) {
      const held = tokens.get(ip)
      if (held !== undefined && held.atMs > atMs) return
      tokens.delete(ip)
      const oldest = tokens.size >= maxSources ? tokens.keys().next().value : undefined
      if (oldest !== undefined) tokens.delete(oldest)
      tokens.set(ip, { account, atMs })
    },
    recall(ip, atMs) {
      const held = tokens.get(ip)
      return held !== undefined && held.atMs <= atMs && atMs - held.atMs <= tokenLifeMs ? held.account : undefined
    },
    get size() {
      return tokens.size
    },
  }
}
