import { readFile } from 'node:fs/promises'
import smpp, { type Pdu } from 'smpp'
import { readReceipt } from './read-receipt.ts'
import { readSecret } from './read-secret.ts'
import { SmsError } from './sms-errors.ts'
import type { SmsReceipt } from './sms-sender.ts'

export interface SmppOptions {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly caFile: string | null
  readonly systemId: string
  readonly passwordFile: string | null
  readonly systemType: string
  readonly enquireLinkS: number
  readonly responseTimeoutS: number
}

/** A bound session to a message centre. It ends once; then another one is opened. */
export interface SmppSession extends Disposable {
  /** Settles when it has ended, with the reason. */
  readonly ended: Promise<SmsError>
  /** Sends a request and gives the answer. @throws SmsError NO_ANSWER, NOT_BOUND */
  ask(command: 'submit_sm' | 'enquire_link' | 'unbind', options: Readonly<Record<string, unknown>>): Promise<Pdu>
}

/** Connects and logs in as a transceiver. @throws SmsError CONNECT_FAILED, BIND_REFUSED, NO_ANSWER, SECRET_MISSING, SECRET_EXPOSED */
export async function openSmppSession(options: SmppOptions, takeReceipt: (receipt: SmsReceipt) => void): Promise<SmppSession> {
  const password = options.passwordFile === null ? '' : await readSecret(options.passwordFile)
  const timeoutMs = options.responseTimeoutS * 1000
  const ca = options.caFile === null ? {} : { ca: await readFile(options.caFile) }
  const { host, port, tls } = options
  const session = smpp.connect({ host, port, tls, servername: host, ...ca })
  const ended = Promise.withResolvers<SmsError>()
  let timer: NodeJS.Timeout | undefined
  const waiting = new Set<(error: SmsError) => void>()
  const end = (error: SmsError): void => {
    ended.resolve(error)
    clearInterval(timer)
    for (const refuse of waiting) refuse(error)
    session.destroy()
  }
  // The library says nothing more of a session after a fault, so none of them is used any further.
  session.on('error', (cause: unknown) =>
    end(new SmsError('CONNECT_FAILED', `The connection to ${host}:${port} failed${reasonOf(cause)}`, { cause })),
  )
  session.on('close', () => end(new SmsError('CONNECT_FAILED', `The message centre ${host}:${port} closed the connection`)))

  /** What `start` is given resolves in time, or the reason why not. */
  const inTime = async <T>(start: (resolve: (value: T) => void) => void, words: string): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const late = setTimeout(() => reject(new SmsError('NO_ANSWER', `${words} within ${timeoutMs} ms`)), timeoutMs)
    waiting.add(reject)
    try {
      start(resolve)
      return await promise
    } finally {
      clearTimeout(late)
      waiting.delete(reject)
    }
  }
  const ask = (
    command: 'bind_transceiver' | 'submit_sm' | 'enquire_link' | 'unbind',
    fields: Readonly<Record<string, unknown>>,
  ) =>
    inTime<Pdu>((resolve) => {
      if (!session[command](fields, resolve)) throw new SmsError('NOT_BOUND', `The connection to ${host}:${port} has ended`)
    }, `${command} was not answered`)

  session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()))
  session.on('unknown', (pdu: Pdu) => session.send(pdu.response()))
  session.on('unbind', (pdu: Pdu) => {
    session.send(pdu.response())
    session.close()
  })
  session.on('deliver_sm', (pdu: Pdu) => {
    session.send(pdu.response())
    const receipt = readReceipt(pdu)
    if (receipt !== undefined) takeReceipt(receipt)
  })

  try {
    await inTime<void>((resolve) => {
      session.on(tls ? 'secureConnect' : 'connect', () => resolve())
    }, `${host}:${port} was not connected`)
    const { systemId: system_id, systemType: system_type } = options
    const answer = await ask('bind_transceiver', { system_id, password, system_type, interface_version: 0x34 })
    if (answer.command_status !== 0)
      throw new SmsError('BIND_REFUSED', `bind_transceiver answered 0x${answer.command_status.toString(16).padStart(8, '0')}`)
  } catch (error) {
    end(new SmsError('NOT_BOUND', 'The log-in failed'))
    throw error
  }

  timer = setInterval(() => {
    ask('enquire_link', {}).catch((error: unknown) => {
      end(error instanceof SmsError ? error : new SmsError('NO_ANSWER', 'enquire_link failed', { cause: error }))
    })
  }, options.enquireLinkS * 1000)
  return {
    ended: ended.promise,
    ask,
    [Symbol.dispose]: () => end(new SmsError('NOT_BOUND', 'The service stops')),
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? `: ${String(cause.code)}` : ''
}
