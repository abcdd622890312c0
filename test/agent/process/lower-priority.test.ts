import { once } from 'node:events'
import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { lowerPriority } from '../../../agent/process/lower-priority.ts'

it('lowers the thread that asks, and no other of the process', async () => {
  const source = `
    import { getPriority } from 'node:os'
    import { parentPort } from 'node:worker_threads'
    import { lowerPriority } from '${new URL('../../../agent/process/lower-priority.ts', import.meta.url).href}'
    parentPort.postMessage([lowerPriority(), getPriority(0), lowerPriority(), getPriority(0)])`
  const before = getPriority(0)
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`))
  const [said] = (await once(worker, 'message')) as [unknown]
  const lowered = Math.max(5, before)
  expect([said, getPriority(0)]).toEqual([[true, lowered, true, lowered], before])
  await worker.terminate()
})

it('says where the system does not allow it', () => {
  const refuse = (): never => {
    throw Object.assign(new Error('not permitted'), { code: 'EPERM' })
  }
  expect(lowerPriority(refuse)).toBe(false)
})
