import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import smpp, { type Pdu, type Session } from 'smpp'

/** A message as the centre received it. */
export interface ReceivedSms {
  readonly from: string
  readonly to: string
  readonly text: string
  readonly dataCoding: number
  readonly messageId: string
  /** Seconds for which the centre may try. */
  readonly validityS: number | undefined
  /** Total and number of a part of a long text. */
  readonly part: readonly [number, number] | undefined
}

export interface MessageCentre extends AsyncDisposable {
  readonly port: number
  readonly received: readonly ReceivedSms[]
  /** Sessions that are bound now. */
  readonly bound: number
  /** Log-ins that it took since its start. */
  readonly binds: number
  /** `command_status` of the next answers to `submit_sm`, then 0 again; `silent` gives none. */
  answerNext(...statuses: readonly (number | 'silent')[]): void
  /** Refuses log-ins from now on, or takes them again. */
  refuseBinds(isRefused: boolean): void
  /** Sends a delivery receipt to who is bound. */
  receipt(messageId: string, state: string): void
  /** Cuts all connections. */
  cut(): void
  /** Answers no `enquire_link` any more, as behind a dead line. */
  freeze(): void
}

export interface MessageCentreOptions {
  readonly systemId: string
  readonly password: string
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A message centre that speaks SMPP 3.4 over TCP on loopback, with memory. */
export async function startMessageCentre({ systemId, password, tls }: MessageCentreOptions): Promise<MessageCentre> {
  const received: ReceivedSms[] = []
  const bound = new Set<Session>()
  const sessions = new Set<Session>()
  const answers: (number | 'silent')[] = []
  let isRefused = false
  let isFrozen = false
  let count = 0
  let binds = 0
  const serve = (session: Session): void => {
    sessions.add(session)
    session.on('error', () => session.destroy())
    session.on('close', () => {
      sessions.delete(session)
      bound.delete(session)
    })
    session.on('bind_transceiver', (pdu: Pdu) => {
      const isRight = pdu.system_id === systemId && pdu.password === password
      if (isRefused || !isRight) {
        session.send(pdu.response({ command_status: isRight ? 0x0d : 0x0e }))
        session.close()
        return
      }
      bound.add(session)
      binds += 1
      session.send(pdu.response({ system_id: 'centre' }))
    })
    session.on('enquire_link', (pdu: Pdu) => {
      if (!isFrozen) session.send(pdu.response())
    })
    session.on('unbind', (pdu: Pdu) => {
      session.send(pdu.response())
      session.close()
    })
    session.on('submit_sm', (pdu: Pdu) => {
      const answer = isFrozen ? 'silent' : (answers.shift() ?? 0)
      if (answer === 'silent') return
      if (answer !== 0) {
        session.send(pdu.response({ command_status: answer }))
        return
      }
      count += 1
      const messageId = `m${count}`
      const validity = pdu.validity_period
      const udh = pdu.short_message?.udh?.[0]
      received.push({
        from: pdu.source_addr ?? '',
        to: pdu.destination_addr ?? '',
        text: String(pdu.short_message?.message ?? ''),
        dataCoding: pdu.data_coding ?? -1,
        messageId,
        // The library reads a relative time as an instant from now on.
        validityS: validity instanceof Date ? Math.round((validity.getTime() - Date.now()) / 1000) : undefined,
        part: udh === undefined ? undefined : [udh[3] ?? 0, udh[4] ?? 0],
      })
      session.send(pdu.response({ message_id: messageId }))
    })
  }
  const server = tls === undefined ? smpp.createServer(serve) : smpp.createServer({ ...tls }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const session of sessions) session.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    received,
    get bound() {
      return bound.size
    },
    get binds() {
      return binds
    },
    answerNext: (...statuses) => {
      answers.push(...statuses)
    },
    refuseBinds(next) {
      isRefused = next
    },
    receipt(messageId, state) {
      const short_message = `id:${messageId} sub:001 dlvrd:001 submit date:2603020101 done date:2603020102 stat:${state} err:000 text:`
      for (const session of bound) session.deliver_sm({ esm_class: 4, source_addr: '84900000000', short_message })
    },
    cut,
    freeze() {
      isFrozen = true
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
