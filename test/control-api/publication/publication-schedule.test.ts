import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ControlError } from '../../../control-api/http/control-error.ts'
import { learnNews, startPublicationSchedule } from '../../../control-api/publication/publication-schedule.ts'
import type { Publisher } from '../../../control-api/publication/publisher.ts'

const EVERY_SECOND = '* * * * * *'
const NEVER = '0 0 1 1 *'
const NO_SIDES = { blocks: 0, policy: 0, users: 0, grants: 0 }

/** A publisher that only says what it was asked. */
function aPublisher(own: Partial<Publisher> = {}): Publisher & { readonly asked: string[] } {
  const asked: string[] = []
  const ask = async (what: string): Promise<undefined> => {
    asked.push(what)
  }
  return {
    asked,
    revision: 3,
    publish: async () => Promise.reject(new Error('nobody asked')),
    publishIfDue: () => ask('publishIfDue'),
    refresh: () => ask('refresh'),
    reload: () => ask('reload'),
    readSide: () => Promise.resolve(undefined),
    sideVersion: () => 0,
    hearOf: (sides) => {
      if (sides.grants > 0) asked.push(`grants ${sides.grants}`)
    },
    publishSide: async () => Promise.reject(new Error('nobody asked')),
    publishBlocks: async () => Promise.reject(new Error('nobody asked')),
    status: async () => ({ revision: 3, timestampExpiresAtMs: 0, rootExpiresAtMs: 0, sides: NO_SIDES }),
    ...own,
  }
}

function start(publisher: Publisher, options: { onEffectiveDates: boolean; effectiveSchedule: string; refreshSchedule: string }) {
  const lines: string[] = []
  const heard = Promise.withResolvers<string>()
  const write = (line: string): void => {
    lines.push(line)
    heard.resolve(line)
  }
  const running = startPublicationSchedule({ publisher, options, log: pino({ level: 'info' }, { write }) })
  onTestFinished(() => running[Symbol.asyncDispose]())
  return { lines, firstLine: heard.promise }
}

describe('startPublicationSchedule', () => {
  it('signs metadata again', async () => {
    const publisher = aPublisher()
    const { firstLine } = start(publisher, { onEffectiveDates: true, effectiveSchedule: NEVER, refreshSchedule: EVERY_SECOND })
    expect(await firstLine).toContain('metadata signed again')
    expect(publisher.asked[0]).toBe('refresh')
  })

  it('says which figures a person must look at when a scheduled list is refused', async () => {
    const refusal = new ControlError('SHRINK_NEEDS_SECOND_APPROVAL', 'too much', { facts: { removed: 7 } })
    const publisher = aPublisher({ publishIfDue: async () => Promise.reject(refusal) })
    const { firstLine } = start(publisher, { onEffectiveDates: true, effectiveSchedule: EVERY_SECOND, refreshSchedule: NEVER })
    expect(JSON.parse(await firstLine)).toMatchObject({ level: 50, code: 'SHRINK_NEEDS_SECOND_APPROVAL', facts: { removed: 7 } })
  })

  it('publishes nothing by itself where that is switched off', async () => {
    const looked = Promise.withResolvers<void>()
    const publisher = aPublisher({
      status: async () => {
        looked.resolve()
        return { revision: 3, timestampExpiresAtMs: 0, rootExpiresAtMs: 0, sides: NO_SIDES }
      },
    })
    start(publisher, { onEffectiveDates: false, effectiveSchedule: EVERY_SECOND, refreshSchedule: NEVER })
    await looked.promise
    expect(publisher.asked).toEqual([])
  })
})

describe('learnNews', () => {
  it.each([
    [3, []],
    [4, ['reload']],
    [2, []],
  ])('with revision %i in the files and 3 known asks for %j', async (revision, asked) => {
    const publisher = aPublisher({
      status: async () => ({ revision, timestampExpiresAtMs: 0, rootExpiresAtMs: 0, sides: NO_SIDES }),
    })
    await learnNews(publisher)
    expect(publisher.asked).toEqual(asked)
  })

  it('takes over a document beside the lists without looking at the lists again', async () => {
    const sides = { ...NO_SIDES, grants: 12 }
    const publisher = aPublisher({ status: async () => ({ revision: 3, timestampExpiresAtMs: 0, rootExpiresAtMs: 0, sides }) })
    await learnNews(publisher)
    expect(publisher.asked).toEqual(['grants 12'])
  })
})
