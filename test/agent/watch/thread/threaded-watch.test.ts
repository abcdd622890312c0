import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { ThreadData } from '../../../../agent/watch/thread/messages.ts'
import { runWatch } from '../../../support/run-watch.ts'
import { harvest } from '../../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, toLogLine } from '../../../support/scenarios/request.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { until } from '../../../support/until.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const THIEF = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }
const STOLEN = [...harvest({ facility: THIEF, startMs: EIGHT, withSubjects: true, lookups: 400 })].map(toLogLine)
const THREAD = new URL('../../../../agent/watch/thread/main.ts', import.meta.url)

/** Real threads that the test can end, oldest first. */
function aStarter() {
  const threads: Worker[] = []
  const startThread = (workerData: ThreadData) => {
    const thread = new Worker(THREAD, { workerData })
    threads.push(thread)
    return thread
  }
  return { threads, startThread }
}

describe('createThreadedWatch', () => {
  it('starts a thread that died again where it had saved its place, and keeps its flags', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'access.log')
    writeFileSync(path, `${STOLEN.join('\n')}\n`)
    const { threads, startThread } = aStarter()
    const { watch, told, hasRead, stop } = await runWatch({ folder, isThreaded: true, startThread })
    await hasRead(400)
    const [flag] = await until('the flag', () => (watch.flags.live().length > 0 ? watch.flags.live() : undefined))
    await until('all to be saved', () => (watch.status().logs[0]?.behindBytes === 0 && watch.status().isReady) || undefined)
    const saved = `"offset":${Buffer.byteLength(STOLEN.join('\n')) + 1},`
    const positions = join(folder, 'state', 'positions.json')
    await until('the place on disk', () => readFileSync(positions, 'utf8').includes(saved) || undefined)
    await threads[0]?.terminate()
    const fault = await until('the fault', () => watch.status().faults.find(({ code }) => code === 'THREAD_FAILED'))
    expect(fault.message).toContain('it is started again')
    expect(watch.flags.live()).toMatchObject([{ account: '79999_BV', at: flag?.at }])
    appendFileSync(path, `${toLogLine(aRequest({ atMs: EIGHT + 61_000 }))}\n`)
    await until('the next thread to read on', () => watch.status().logs[0]?.lines === 1 || undefined)
    await until('it to be ready', () => watch.status().isReady || undefined)
    expect(threads).toHaveLength(2)
    expect(new Set(told.map(({ account, action }) => `${action} ${account}`))).toEqual(new Set(['suspend 79999_BV']))
    await stop()
  })

  it('says why a thread cannot work, tries again, and stops all the same', async () => {
    const folder = await temporaryFolder()
    const startThread = () => new Worker('throw new Error("no such thing")', { eval: true })
    let started = 0
    const { watch, stop } = await runWatch({
      folder,
      isThreaded: true,
      startThread: () => {
        started += 1
        return startThread()
      },
    })
    await until('the second try', () => started > 1 || undefined)
    expect(watch.status()).toMatchObject({ isReady: false, faults: [{ code: 'THREAD_FAILED' }] })
    expect(watch.status().faults[0]?.message).toContain('no such thing')
    await stop()
  })

  it('tells the flags of before a restart before its thread has said a word', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'access.log'), `${STOLEN.join('\n')}\n`)
    const first = await runWatch({ folder, isThreaded: true })
    await first.hasRead(400)
    await first.stop()
    const silent = () =>
      new Worker('require("node:worker_threads").parentPort.once("message", () => process.exit())', { eval: true })
    const second = await runWatch({ folder, isThreaded: true, startThread: silent })
    expect(second.watch.flags.live()).toMatchObject([{ account: '79999_BV', action: 'suspend' }])
    await second.stop()
  })

  it('answers at once while its thread has much to read', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'access.log'), `${toLogLine(aRequest())}\n`.repeat(60_000))
    const { watch, hasRead } = await runWatch({ folder, isThreaded: true })
    let turns = 0
    const turning = setInterval(() => (turns += 1), 1)
    await hasRead(60_000)
    clearInterval(turning)
    expect(watch.status().logs[0]?.requests).toBe(60_000)
    expect(turns).toBeGreaterThan(10)
  })
})
