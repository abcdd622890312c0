import { expect, it } from 'vitest'
import { createQueue } from '../../../agent/process/create-queue.ts'

it('createQueue: runs in order, one at a time, and goes on after a failure', async () => {
  const queue = createQueue()
  const log: string[] = []
  let running = 0
  const work = (name: string, fails = false) =>
    queue(async () => {
      running += 1
      log.push(`${name} of ${running}`)
      await Promise.resolve()
      running -= 1
      if (fails) throw new Error(name)
      return name
    })
  const results = await Promise.allSettled([work('a'), work('b', true), work('c')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(log).toEqual(['a of 1', 'b of 1', 'c of 1'])
})
