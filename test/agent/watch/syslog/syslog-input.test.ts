import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogIntake } from '../../../../agent/watch/log-intake.ts'
import { openSyslogInput } from '../../../../agent/watch/syslog/syslog-input.ts'
import type { AttributedRequest } from '../../../../rules/requests/attributed-request.ts'
import { createAttributor } from '../../../../rules/requests/attributor.ts'
import { runWatch } from '../../../support/run-watch.ts'
import { aRequest, toLogLine } from '../../../support/scenarios/request.ts'
import { sendDatagrams } from '../../../support/send-datagrams.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { until } from '../../../support/until.ts'

function message(fields: Partial<AttributedRequest> = {}): Buffer {
  return Buffer.from(`<190>Nov 22 08:00:00 edge nginx: ${toLogLine(aRequest(fields))}`)
}

async function anInput(options: { mode?: string; maxWaitingBytes?: number; socket?: string } = {}) {
  const { mode, maxWaitingBytes } = options
  const socket = options.socket ?? join(await temporaryFolder(), 'log.sock')
  const accounts: (string | undefined)[] = []
  const input = openSyslogInput({
    watched: { socket, format: 'nginx-json', ...(mode === undefined ? {} : { mode }) },
    intake: createLogIntake({
      format: 'nginx-json',
      key: new Uint8Array(32),
      attributor: createAttributor(),
      takeRequest: ({ account }) => accounts.push(account),
    }),
    monotonicMs: () => performance.now(),
    onArrival: () => undefined,
    ...(maxWaitingBytes === undefined ? {} : { maxWaitingBytes }),
  })
  onTestFinished(() => input[Symbol.asyncDispose]())
  await input.poll()
  const hasRead = (lines: number) =>
    until(`${lines} messages read`, async () => {
      await input.poll()
      return input.counts.lines === lines || undefined
    })
  return { socket, accounts, input, hasRead }
}

describe('openSyslogInput', () => {
  it('reads a line of each message, however they are framed', async () => {
    const { socket, accounts, input, hasRead } = await anInput()
    await until('the socket', () => input.isCaughtUp || undefined)
    const line = toLogLine(aRequest({ account: '00002_BV' }))
    sendDatagrams(socket, [
      message({ account: '00001_BV' }),
      Buffer.from(`<134>1 2026-11-22T08:00:00Z edge haproxy 9 - - ${line}\n`),
      Buffer.from('<190>Nov 22 08:00:00 nginx: garbage'),
      message({ account: '00003_BV' }),
    ])
    await hasRead(4)
    expect(accounts).toEqual(['00001_BV', '00002_BV', '00003_BV'])
    expect(input.counts).toMatchObject({ lines: 4, requests: 3, faults: { NOT_JSON: 1 } })
    expect(input.state).toMatchObject({ isThere: true, behindBytes: 0, losses: 0 })
    expect(input.place()).toBeUndefined()
  })

  it('takes a message for one line, whatever stands in it', async () => {
    const { socket, accounts, input, hasRead } = await anInput()
    await until('the socket', () => input.isCaughtUp || undefined)
    const forged = Buffer.concat([message(), Buffer.from('\n'), message({ account: '99999_BV' }), Buffer.from('\n')])
    sendDatagrams(socket, [forged, Buffer.alloc(0), message({ account: '00001_BV' })])
    await hasRead(3)
    expect(accounts).toEqual(['00001_BV'])
    expect(input.counts.faults).toEqual({ NOT_JSON: 1, EMPTY_LINE: 1 })
  })

  it('takes the place of a socket that was left there, and lets send whom it is told to', async () => {
    const folder = await temporaryFolder()
    const socket = join(folder, 'log.sock')
    writeFileSync(socket, 'left')
    chmodSync(socket, 0o600)
    const { input } = await anInput({ socket, mode: '0620' })
    await until('the socket', () => input.isCaughtUp || undefined)
    expect(statSync(socket).isSocket() && (statSync(socket).mode & 0o777).toString(8)).toBe('620')
  })

  it('drops and counts what would be too much to hold, and never lets the sender wait', async () => {
    const { socket, input } = await anInput({ maxWaitingBytes: 20_000 })
    await until('the socket', () => input.isCaughtUp || undefined)
    const one = message()
    sendDatagrams(
      socket,
      Array.from({ length: 500 }, () => one),
    )
    await until('all to be taken', () => input.state.behindBytes > 20_000 || undefined)
    await until(
      'the rest to be dropped',
      () => input.state.losses * one.length + input.state.behindBytes >= 500 * one.length || undefined,
    )
    await until('the messages', async () => !(await input.poll()) && (input.state.behindBytes === 0 || undefined))
    expect(input.counts.lines + input.state.losses).toBe(500)
    expect(input.state.lostBytes).toBe(input.state.losses * one.length)
    expect(input.state.losses).toBeGreaterThan(100)
  })

  it('says why it cannot listen', async () => {
    const { input } = await anInput({ socket: '/proc/no/log.sock' })
    await until('the fault', () => input.fault?.code === 'SYSLOG_UNUSABLE' || undefined)
    expect(input.fault?.message).toContain('bind(2) says')
    expect(input.isCaughtUp).toBe(false)
  })
})

describe.each([false, true])('createWatch with a socket (threaded: %s)', (isThreaded) => {
  it('counts what comes by file and by syslog together, and tells of both', async () => {
    const folder = await temporaryFolder()
    const socket = join(folder, 'log.sock')
    writeFileSync(join(folder, 'access.log'), `${toLogLine(aRequest())}\n`)
    const { watch, hasRead, stop } = await runWatch({
      folder,
      isThreaded,
      options: { syslog: [{ socket, format: 'nginx-json' }] },
    })
    await until('both to be ready', () => watch.status().isReady || undefined)
    sendDatagrams(socket, [message(), message()])
    await hasRead(3)
    expect(watch.status().logs.map(({ path, lines, isThere }) => [path, lines, isThere])).toEqual([
      [join(folder, 'access.log'), 1, true],
      [socket, 2, true],
    ])
    await stop()
  })
})
