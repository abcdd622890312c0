import { expect, it } from 'vitest'
import { createNewsSender, createNewsTaker, type NewsMessage } from '../../../../agent/watch/thread/thread-news.ts'
import { aFlag } from '../../../support/gate-edge.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 1)
const flagOf = (number: number): NewsMessage => ({ kind: 'flag', flag: aFlag(`${10_000 + number}_BV`, NOW_MS) })
const accountOf = (news: NewsMessage): string => (news.kind === 'flag' ? news.flag.account : '')

it('a thousand flags at once come in their order, a few in each turn of the loop, and the first at once', () => {
  const turns: (() => void)[] = []
  const told: string[] = []
  const taker = createNewsTaker(
    (news) => told.push(accountOf(news)),
    (job) => turns.push(job),
  )
  const all = Array.from({ length: 1000 }, (_, at) => flagOf(at))
  taker.take(all.slice(0, 600).map((news) => JSON.stringify(news)))
  taker.take(all.slice(600).map((news) => JSON.stringify(news)))
  const taken = [told.length]
  while (turns.length > 0) {
    turns.shift()?.()
    taken.push(told.length - taken.reduce((sum, count) => sum + count, 0))
  }
  expect(told).toEqual(all.map(accountOf))
  expect([taken[0], Math.max(...taken), taken.length]).toEqual([16, 16, 63])
})

it('what comes next finds all taken that was told before', () => {
  const told: string[] = []
  const taker = createNewsTaker(
    (news) => told.push(accountOf(news)),
    () => undefined,
  )
  taker.take(Array.from({ length: 40 }, (_, at) => JSON.stringify(flagOf(at))))
  taker.drain()
  expect(told.length).toBe(40)
})

it('news are sent many in one message, and none waits while the thread reads on', async () => {
  let nowMs = 0
  const sent: number[] = []
  const send = createNewsSender(
    (texts) => sent.push(texts.length),
    () => nowMs,
  )
  for (let at = 0; at < 100; at += 1) send(flagOf(at))
  expect(sent).toEqual([64])
  nowMs += 1
  send(flagOf(100))
  expect(sent).toEqual([64, 37])
  send(flagOf(101))
  await Promise.resolve()
  expect(sent).toEqual([64, 37, 1])
})
