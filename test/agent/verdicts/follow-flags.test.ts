import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { followFlags } from '../../../agent/verdicts/follow-flags.ts'
import type { FlagLine } from '../../../rules/reports/flag.ts'
import { aFlag, createFakeWatch } from '../../fakes/fake-watch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

async function listening() {
  const socket = join(await temporaryFolder(), 'watch.sock')
  const watch = await createFakeWatch(socket)
  onTestFinished(() => watch[Symbol.asyncDispose]())
  const lines: FlagLine[] = []
  const refused: number[] = []
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const ended = followFlags(
    socket,
    { onLine: (line) => lines.push(line), onRefused: (bytes) => refused.push(bytes) },
    stopping.signal,
  )
  ended.catch(() => undefined)
  await until('the snapshot', () => lines.find(({ kind }) => kind === 'snapshot-end'))
  return { watch, lines, refused, ended }
}

describe('followFlags', () => {
  it('gives lines in their order, however they are cut', async () => {
    const { watch, lines } = await listening()
    const [first, second] = [aFlag({ evidence: { vi: 'tra cứu dày đặc', en: 'dense' } }), aFlag({ account: '05678_BV' })]
    const bytes = Buffer.from(`${JSON.stringify(first)}\n${JSON.stringify(second)}\n`)
    // A cut inside a letter of two bytes too.
    watch.say(bytes.subarray(0, 10).toString())
    watch.say(bytes.subarray(10).toString())
    await until('both flags', () => (lines.length === 3 ? true : undefined))
    expect(lines.slice(1)).toEqual([first, second])
  })

  it.each([
    ['{"kind":"flag"}', 'fields are missing'],
    [JSON.stringify({ ...aFlag(), extra: 1 }), 'a field that nobody agreed on'],
    [JSON.stringify(aFlag({ at: 'yesterday' })), 'no date'],
    [JSON.stringify(aFlag({ at: '2026-12-31T23:59:60Z' })), 'a leap second, which is no time here'],
    [JSON.stringify(aFlag({ until: '2026-12-31T06:59:60+07:00' })), 'a block that ends in a leap second'],
    [JSON.stringify(aFlag({ sources: Array.from({ length: 9 }, () => '20.0.0.1') })), 'more sources than agreed'],
    [JSON.stringify(aFlag({ account: `01234_${'1'.repeat(12)}` })), 'an account that nobody masked'],
    ['not json', 'no JSON'],
    ['', 'an empty line'],
  ])('refuses %s: %s', async (text) => {
    const { watch, lines, refused } = await listening()
    watch.say(`${text}\n`)
    watch.flag(aFlag())
    await until('the flag after it', () => lines.find(({ kind }) => kind === 'flag'))
    expect(refused).toEqual([Buffer.byteLength(text)])
  })

  it('ends where a line never ends', async () => {
    const { watch, ended } = await listening()
    watch.say('x'.repeat(70_000))
    await expect(ended).rejects.toMatchObject({ code: 'WATCH_ANSWER' })
  })

  it('ends when watch does', async () => {
    const { watch, ended } = await listening()
    watch.cut()
    await expect(ended).rejects.toMatchObject({ code: 'WATCH_AWAY' })
  })

  it('says that watch is away where nobody listens', async () => {
    const socket = join(await temporaryFolder(), 'none.sock')
    const ended = followFlags(socket, { onLine: () => undefined, onRefused: () => undefined }, new AbortController().signal)
    await expect(ended).rejects.toMatchObject({ code: 'WATCH_AWAY' })
  })

  it('says that it is not watch where another server answers', async () => {
    const socket = join(await temporaryFolder(), 'other.sock')
    const server = createServer((_request, response) => response.writeHead(404).end())
    server.listen(socket)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const ended = followFlags(socket, { onLine: () => undefined, onRefused: () => undefined }, new AbortController().signal)
    await expect(ended).rejects.toMatchObject({ code: 'WATCH_ANSWER' })
  })
})
