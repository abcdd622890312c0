import type { NftBatch } from '../../rules/firewall/nft-messages.ts'
import { type NetlinkChannel, openNetlinkChannel } from '../netlink/netlink-channel.ts'
import { NetlinkError } from '../netlink/netlink-error.ts'
import type { OpenNetlink } from '../netlink/open-netlink.ts'
import { FirewallError } from './firewall-error.ts'

/**
 * `done`: taken. `misfit`: the kernel holds something else than the change starts from. `unknown`: nobody knows whether it was taken. `unable`: nothing was done, and
 * nft must be asked.
 */
export type DirectOutcome = 'done' | 'misfit' | 'unknown' | 'unable'

/** Changes and lists straight to the kernel, as long as that works. Never throws. */
export interface DirectChanges {
  /** A list, which may be large, and take as long as nft may. Where the kernel does not take it this way, small changes still go. */
  fill(doing: string, compile: () => NftBatch, timeoutMs: number): Promise<DirectOutcome>
  send(doing: string, batch: NftBatch | undefined, options?: { readonly isJudgedOnly?: boolean }): Promise<DirectOutcome>
  /** The ruleset's number; `undefined` where it cannot be had. */
  generation(): Promise<number | undefined>
}

export interface DirectChangesOptions {
  /** Without it everything goes through nft. */
  readonly open: OpenNetlink | undefined
  /** Told once, when this way is given up for good. */
  readonly onGivenUp: (why: string) => void
  readonly onMisfit: (error: FirewallError) => void
}

/** What the kernel says where an element, chain or room for one is not as it was left. */
const MISFITS: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST', 'ENOTEMPTY', 'ENFILE', 'EBUSY'])
/** What it says to a list that is more than this socket or the memory holds. */
const TOO_LARGE: ReadonlySet<string> = new Set(['EMSGSIZE', 'ENOBUFS', 'ENOMEM'])

/** The first answer that only a fault of this way explains ends it: nft knows better, and a socket that fails once is not to be trusted again. */
export function createDirectChanges({ open, onGivenUp, onMisfit }: DirectChangesOptions): DirectChanges {
  let channel: NetlinkChannel | undefined
  let isGivenUp = open === undefined
  let areFillsGivenUp = false

  const giveUp = (error: NetlinkError): void => {
    isGivenUp = true
    channel?.[Symbol.dispose]()
    channel = undefined
    onGivenUp(error.message)
  }

  const work = async <Result>(
    doing: (channel: NetlinkChannel) => Promise<Result>,
  ): Promise<Result | NetlinkError | undefined> => {
    if (isGivenUp || open === undefined) return undefined
    try {
      channel ??= openNetlinkChannel(open)
      return await doing(channel)
    } catch (error) {
      if (error instanceof NetlinkError) return error
      throw error
    }
  }

  const tellMisfit = (doing: string, error: NetlinkError): 'misfit' => {
    const code = error.reason === 'ENOENT' ? 'NOT_IN_FORCE' : 'REFUSED'
    onMisfit(new FirewallError(code, `${doing}: ${error.message}`, { cause: error }))
    return 'misfit'
  }

  return {
    async fill(doing, compile, timeoutMs) {
      if (areFillsGivenUp) return 'unable'
      const result = await work(async (netlink) => {
        await netlink.send(compile(), { timeoutMs })
        return 'done' as const
      })
      if (!(result instanceof NetlinkError)) return result ?? 'unable'
      const isRefused = result.code === 'REFUSED'
      if (isRefused && MISFITS.has(result.reason)) return tellMisfit(doing, result)
      areFillsGivenUp = true
      if (isRefused || (result.code === 'NOT_SENT' && TOO_LARGE.has(result.reason))) {
        tellMisfit(doing, result)
        return 'unable'
      }
      giveUp(result)
      return result.code === 'UNANSWERED' ? 'unknown' : 'unable'
    },
    async send(doing, batch, options) {
      if (batch === undefined) return 'unable'
      const result = await work(async (netlink) => {
        await netlink.send(batch, options)
        return 'done' as const
      })
      if (!(result instanceof NetlinkError)) return result ?? 'unable'
      if (result.code === 'REFUSED' && MISFITS.has(result.reason)) return tellMisfit(doing, result)
      giveUp(result)
      return result.code === 'UNANSWERED' ? 'unknown' : 'unable'
    },
    async generation() {
      const result = await work((netlink) => netlink.generation())
      if (!(result instanceof NetlinkError)) return result
      giveUp(result)
      return undefined
    },
  }
}
