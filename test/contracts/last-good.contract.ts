import { describe, expect, it } from 'vitest'
import type { LastGoodMemory } from '../../agent/memory/last-good.ts'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../rules/revisions/revision-summary.ts'
import { anEntry, revisionBytes } from '../support/allow-lists.ts'

/** What every memory of the last good revision promises. */
export function describeLastGoodContract(
  name: string,
  create: () => Promise<{
    readonly memory: LastGoodMemory
    /** The same memory after a restart. */
    readonly reopen: () => LastGoodMemory
    /** Makes the next `remember` fail. */
    readonly failNext: () => void | Promise<void>
    readonly spoil: (part: 'lastGood' | 'trusted') => void | Promise<void>
  }>,
): void {
  const first = revisionBytes({ revision: 1 })
  const second = revisionBytes({ revision: 2, entries: [anEntry('8.8.4.4', { dispatch: 'số 5/CNTT' })] })
  const remember = (memory: LastGoodMemory, bytes: Uint8Array, shape = 'shape') =>
    memory.remember(summaryOf(parseAllowDocument(bytes)), bytes, shape)
  const bytesOf = async (memory: LastGoodMemory) => {
    const { lastGood } = await memory.recall()
    return lastGood && Buffer.from(lastGood.bytes).toString('utf8')
  }

  describe(`${name} as a memory of the last good revision`, () => {
    it('knows nothing at first, and that is no fault', async () => {
      const { memory } = await create()
      expect(await memory.recall()).toEqual({ lastGood: undefined, trusted: undefined, shape: undefined, faults: [] })
    })

    it('gives back the exact bytes, the summary and the shape after a restart', async () => {
      const { memory, reopen } = await create()
      await remember(memory, first)
      await remember(memory, second, 'another')
      const recalled = await reopen().recall()
      expect(recalled.lastGood?.revision).toBe(2)
      expect(Buffer.from(recalled.lastGood?.bytes ?? []).equals(Buffer.from(second))).toBe(true)
      expect(recalled.trusted).toEqual(summaryOf(parseAllowDocument(second)))
      expect(recalled.shape).toBe('another')
      expect(recalled.faults).toEqual([])
    })

    it('holds what it held before when remembering fails', async () => {
      const { memory, reopen, failNext } = await create()
      await remember(memory, first)
      await failNext()
      await expect(remember(memory, second)).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
      expect(await bytesOf(reopen())).toBe(Buffer.from(first).toString('utf8'))
      expect((await reopen().recall()).trusted?.revision).toBe(1)
    })

    it('gives no half list: spoiled bytes are told and absent, the number stays', async () => {
      const { memory, reopen, spoil } = await create()
      await remember(memory, first)
      await spoil('lastGood')
      const recalled = await reopen().recall()
      expect(recalled.lastGood).toBeUndefined()
      expect(recalled.trusted?.revision).toBe(1)
      expect(recalled.faults.map(({ code }) => code)).toEqual(['LAST_GOOD_BROKEN'])
    })

    it('gives no false number: a spoiled record is told and absent, the bytes stay', async () => {
      const { memory, reopen, spoil } = await create()
      await remember(memory, first)
      await spoil('trusted')
      const recalled = await reopen().recall()
      expect(recalled.trusted).toBeUndefined()
      expect(recalled.lastGood?.revision).toBe(1)
      expect(recalled.faults.map(({ code }) => code)).toEqual(['TRUSTED_BROKEN'])
    })

    it('is whole again once something new is remembered', async () => {
      const { memory, reopen, spoil } = await create()
      await remember(memory, first)
      await spoil('lastGood')
      await remember(memory, second)
      const recalled = await reopen().recall()
      expect(recalled.lastGood?.revision).toBe(2)
      expect(recalled.faults).toEqual([])
    })
  })
}
