/** Why the agent could not talk to the kernel itself. nft can always be asked instead. */
export const NETLINK_ERRORS = {
  NO_SOCKET: 'a netlink socket cannot be opened on this machine',
  REFUSED: 'the kernel refused the transaction; nothing of it is in force',
  NOT_SENT: 'the transaction was not handed to the kernel; nothing of it is in force',
  UNANSWERED: 'the kernel was given the transaction and did not say whether it took it',
  DEAF: 'the socket that hears of changes no longer works',
} as const

export type NetlinkErrorCode = keyof typeof NETLINK_ERRORS

/** A fault of the direct way to the kernel. `reason` is the kernel's own word (`ENOENT`), where there is one. */
export class NetlinkError extends Error {
  override readonly name = 'NetlinkError'
  readonly code: NetlinkErrorCode
  readonly reason: string
  constructor(
    code: NetlinkErrorCode,
    message: string,
    { reason = '', ...options }: ErrorOptions & { readonly reason?: string } = {},
  ) {
    super(message, options)
    this.code = code
    this.reason = reason
  }
}
