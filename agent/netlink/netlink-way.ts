import type { Log } from '../log/log.ts'
import { NetlinkError } from './netlink-error.ts'
import { loadNetlink, type OpenNetlink } from './open-netlink.ts'

/** How this agent makes small changes, and why. */
export interface NetlinkWay {
  /** `undefined` where there is no way but through nft. */
  readonly netlink: OpenNetlink | undefined
  /** From now on every change starts an nft. */
  readonly onGivenUp: (why: string) => void
  /** For the status. */
  words(): string
}

/** Looks whether the kernel can be spoken to without a program. Never throws: without that, everything works as well, and slower. */
export async function findNetlinkWay(log: Log, load: () => Promise<OpenNetlink> = loadNetlink): Promise<NetlinkWay> {
  let obstacle = ''
  const onGivenUp = (why: string): void => {
    obstacle = why
    log.warn({ reason: why }, 'changes no longer go straight to the kernel; each starts an nft')
  }
  const netlink = await load().catch((error: unknown) => {
    if (!(error instanceof NetlinkError)) throw error
    onGivenUp(error.message)
    return undefined
  })
  return {
    netlink,
    onGivenUp,
    words: () =>
      obstacle === '' ? 'small changes go straight to the kernel, without an nft' : `every change starts an nft: ${obstacle}`,
  }
}
