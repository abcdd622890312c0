/** What is used of npm `smpp` 0.5.1, which has no types of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server as NetServer, Socket } from 'node:net'
  import type { ConnectionOptions, TlsOptions } from 'node:tls'

  export interface Pdu {
    readonly command: string
    readonly command_status: number
    readonly sequence_number: number
    readonly message_id?: string
    readonly esm_class?: number
    readonly data_coding?: number
    readonly source_addr?: string
    readonly destination_addr?: string
    readonly validity_period?: unknown
    readonly registered_delivery?: number
    readonly system_id?: string
    readonly password?: string
    readonly receipted_message_id?: string
    readonly message_state?: number
    readonly short_message?: { readonly message: string | Buffer; readonly udh?: readonly Buffer[] }
    response(options?: Readonly<Record<string, unknown>>): Pdu
    isResponse(): boolean
  }

  type Ask = (options: Readonly<Record<string, unknown>>, answered?: (answer: Pdu) => void) => boolean

  export interface Session extends EventEmitter {
    readonly socket: Socket
    readonly bind_transceiver: Ask
    readonly submit_sm: Ask
    readonly deliver_sm: Ask
    readonly enquire_link: Ask
    readonly unbind: Ask
    /** False where the socket can no longer be written to. */
    send(pdu: Pdu): boolean
    close(closed?: () => void): void
    destroy(closed?: () => void): void
  }

  interface Smpp {
    connect(options: ConnectionOptions & { readonly tls?: boolean; readonly host: string; readonly port: number }): Session
    createServer(options: TlsOptions, listener: (session: Session) => void): NetServer
    createServer(listener: (session: Session) => void): NetServer
  }

  const smpp: Smpp
  // oxlint-disable-next-line import/no-default-export -- a CommonJS module has no other
  export default smpp
}
