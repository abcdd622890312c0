import { PassThrough, Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../../agent/commands/cli.ts'

interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function run(args: readonly string[], ...chunks: readonly (string | Buffer)[]): Promise<Outcome> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const texts = Promise.all([stdout, stderr].map(async (stream) => (await stream.toArray()).map(String).join('')))
  const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  const exitCode = await runCli(['addresses', ...args], { stdin, stdout, stderr, signal: new AbortController().signal, env: {} })
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await texts
  return { exitCode, stdout: out, stderr: err }
}

describe('agent addresses', () => {
  it('answers each line with the canonical form', async () => {
    expect(await run([], '8.8.8.8\n2405:4800:0:0::/48\n8.8.4.4/32\n')).toEqual({
      exitCode: 0,
      stdout: 'ok\t8.8.8.8\nok\t2405:4800::/48\nok\t8.8.4.4\n',
      stderr: '',
    })
  })

  it('refuses by grammar and by policy, and ends with 1', async () => {
    const texts = ['8.8.8.8', '010.0.0.1', '10.0.0.1', '8.0.0.0/8', '0.0.0.0/0', '2001:db8::1', '::ffff:8.8.8.8']
    expect(await run([], texts.map((text) => `${text}\n`).join(''))).toEqual({
      exitCode: 1,
      stdout:
        'ok\t8.8.8.8\nrefused\tLEADING_ZERO\nrefused\tPRIVATE_USE\nrefused\tTOO_WIDE\nrefused\tWHOLE_INTERNET\nrefused\tDOCUMENTATION\nrefused\tEMBEDDED_IPV4\n',
      stderr: '',
    })
  })

  it('leaves the policy out with --grammar-only', async () => {
    expect((await run(['--grammar-only'], '10.0.0.1\n0.0.0.0/0\n::1\n')).stdout).toBe('ok\t10.0.0.1\nok\t0.0.0.0/0\nok\t::1\n')
  })

  it.each<[what: string, input: string | Buffer, stdout: string]>([
    ['nothing', '', ''],
    ['a last line without end', '8.8.8.8', 'ok\t8.8.8.8\n'],
    ['an empty line', '\n', 'refused\tEMPTY\n'],
    ['empty lines around', '\n8.8.8.8\n\n', 'refused\tEMPTY\nok\t8.8.8.8\nrefused\tEMPTY\n'],
    ['a carriage return', '8.8.8.8\r\n', 'refused\tWHITESPACE\n'],
    ['a carriage return alone ends no line', '8.8.8.8\r8.8.4.4\n', 'refused\tWHITESPACE\n'],
    ['a line separator of Unicode ends no line', '8.8.8.8\u20288.8.4.4\n', 'refused\tNOT_ASCII\n'],
    ['a vertical tab ends no line', '8.8.8.8\v8.8.4.4\n', 'refused\tWHITESPACE\n'],
    ['a form feed at the end', '8.8.8.8\f\n', 'refused\tWHITESPACE\n'],
    ['a byte order mark', '\ufeff8.8.8.8\n8.8.4.4\n', 'refused\tNOT_ASCII\nok\t8.8.4.4\n'],
    ['NUL', '8.8.8.8\0\n', 'refused\tCONTROL_CHARACTER\n'],
    [
      'broken UTF-8',
      Buffer.from([0x38, 0xff, 0x0a, 0x38, 0x2e, 0x38, 0x2e, 0x38, 0x2e, 0x38, 0x0a]),
      'refused\tNOT_UTF8\nok\t8.8.8.8\n',
    ],
    ['an overlong dot', Buffer.from([0x38, 0xc0, 0xae, 0x0a]), 'refused\tNOT_UTF8\n'],
    ['UTF-8 cut at the end of the file', Buffer.from([0xe1, 0xbb]), 'refused\tNOT_UTF8\n'],
    ['a full-width digit', '８.8.8.8\n', 'refused\tNOT_ASCII\n'],
    ['a line of a megabyte', `${'8'.repeat(1_000_000)}\n8.8.8.8\n`, 'refused\tTOO_LONG\nok\t8.8.8.8\n'],
    [
      'a line of a megabyte of broken UTF-8',
      Buffer.concat([Buffer.alloc(1_000_000, 0xff), Buffer.from('\n')]),
      'refused\tTOO_LONG\n',
    ],
  ])('takes lines byte for byte: %s', async (_what, input, stdout) => {
    expect((await run([], input)).stdout).toBe(stdout)
    const bytes = Buffer.from(input)
    if (bytes.length > 100) return
    const single = Array.from(bytes, (byte) => Buffer.of(byte))
    expect((await run([], ...single)).stdout).toBe(stdout)
  })

  it('cuts a long line that comes in pieces where every piece is short', async () => {
    const pieces = Array.from({ length: 300 }, () => '8'.repeat(1000))
    expect((await run([], ...pieces, '\n8.8.8.8')).stdout).toBe('refused\tTOO_LONG\nok\t8.8.8.8\n')
  })

  it.each([[['--nope']], [['file.txt']], [['--grammar-only=yes']]])('is wrong usage with %j', async (args) => {
    const outcome = await run(args, '8.8.8.8\n')
    expect([outcome.exitCode, outcome.stdout]).toEqual([2, ''])
    expect(outcome.stderr).toMatch(/^agent addresses: .+\nTry: agent addresses --help\n$/)
  })

  it('reads no further than a slow reader lets it', async () => {
    let isReading = true
    const chunk = '8.8.8.8\n'.repeat(8192)
    let given = 0
    const stdin = new Readable({
      highWaterMark: 1,
      read() {
        given += 1
        this.push(isReading ? chunk : null)
      },
    })
    const held: (() => void)[] = []
    const stdout = new Writable({ highWaterMark: 1, write: (_bytes, _encoding, done) => void held.push(done) })
    const io = { stdin, stdout, stderr: new PassThrough(), signal: new AbortController().signal, env: {} }
    const ended = runCli(['addresses'], io)
    // Turns of the loop, not time: a reader without pressure would take a chunk in each.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(given).toBeLessThan(10)
    isReading = false
    const drain = setInterval(() => {
      for (const done of held.splice(0)) done()
    }, 1)
    expect(await ended).toBe(0)
    clearInterval(drain)
  })

  it('ends with 1 and no words when the reader of its output goes away', async () => {
    const stdout = new Writable({
      write(_bytes, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const stderr = new PassThrough()
    const io = { stdin: Readable.from([Buffer.from('8.8.8.8\n')]), stdout, stderr, signal: new AbortController().signal, env: {} }
    expect(await runCli(['addresses'], io)).toBe(1)
    expect(stderr.read()).toBeNull()
  })
})
