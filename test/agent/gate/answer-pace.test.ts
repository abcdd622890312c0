import { expect, it, onTestFinished } from 'vitest'
import { createAnswerPace } from '../../../agent/gate/answer-pace.ts'

function scene() {
  let nowMs = 1_000_000
  let turn: (() => void) | undefined
  const pace = createAnswerPace(
    () => nowMs,
    (job) => {
      turn = job
    },
  )
  onTestFinished(() => pace[Symbol.dispose]())
  return {
    pace,
    pass: (ms: number): void => {
      nowMs += ms
    },
    /** Questions that are there at once, each taking so long. */
    answer: (...tookMs: number[]): void => {
      for (const ms of tookMs) {
        pace.begin()
        nowMs += ms
        pace.end()
      }
      turn?.()
    },
  }
}

it('a question waits for those that are answered before it in the same turn', () => {
  const { pace, answer } = scene()
  expect(pace.read()).toMatchObject({ answers: 0, answer: null, loop: null })
  answer(0.5, 0.5, 0.5)
  answer(0.1)
  const { answers, answer: figures, slow } = pace.read()
  expect([answers, slow]).toEqual([4, { 1: 1, 10: 0, 100: 0 }])
  expect(figures?.maxMs).toBeCloseTo(1.5, 1)
  expect(figures?.p50Ms).toBeCloseTo(0.5, 1)
})

it('tells of the last whole minute, and nothing of a minute long ago', () => {
  const { pace, answer, pass } = scene()
  answer(20)
  pass(60_000)
  answer(0.1)
  expect(pace.read()).toMatchObject({ answers: 1, answer: { maxMs: expect.closeTo(20, 0) }, slow: { 10: 1 } })
  pass(60_000)
  expect(pace.read().answer?.maxMs).toBeCloseTo(0.1, 1)
  pass(600_000)
  expect(pace.read()).toMatchObject({ answers: 0, answer: null, slow: { 10: 1 } })
})
