import { describe, expect, it } from 'vitest'
import type { Recollection } from '../../../agent/memory/last-good.ts'
import { recallRevision } from '../../../agent/sync/recall-revision.ts'
import { parseAllowDocument } from '../../../rules/revisions/parse-allow-document.ts'
import { summaryOf } from '../../../rules/revisions/revision-summary.ts'
import { revisionBytes } from '../../support/allow-lists.ts'

/** A memory that holds the bytes of revision `bytes` and trusts revision `trusted`. */
function aMemory(bytes: number | undefined, trusted: number | undefined): Recollection {
  const summary = (revision: number) => summaryOf(parseAllowDocument(revisionBytes({ revision })))
  return {
    lastGood: bytes === undefined ? undefined : { revision: bytes, bytes: revisionBytes({ revision: bytes }) },
    trusted: trusted === undefined ? undefined : summary(trusted),
    shape: 'shape',
    faults: [],
  }
}

describe('recallRevision', () => {
  it.each<[number | undefined, number | undefined, number | undefined, number | undefined, readonly string[], string]>([
    [412, 412, 412, 412, [], 'the usual'],
    [412, 411, 412, 412, [], 'the power went between bytes and number'],
    [412, undefined, 412, 412, [], 'the record of the number is gone'],
    [411, 412, undefined, 412, ['LAST_GOOD_OLDER'], 'somebody put older bytes back'],
    [undefined, 412, undefined, 412, [], 'the bytes are gone'],
    [undefined, undefined, undefined, undefined, [], 'a new host'],
  ])(
    'bytes of %s and trust in %s give revision %s above the floor %s, faults %j: %s',
    (bytes, trusted, revision, floor, codes) => {
      const recalled = recallRevision(aMemory(bytes, trusted))
      expect(recalled.revision?.summary.revision).toBe(revision)
      expect(recalled.floor?.revision).toBe(floor)
      expect(recalled.faults.map(({ code }) => code)).toEqual(codes)
    },
  )

  it('does not use whole bytes that are no document, and keeps the floor', () => {
    const memory = { ...aMemory(412, 412), lastGood: { revision: 412, bytes: Buffer.from('whole, but no list\n') } }
    expect(recallRevision(memory)).toMatchObject({
      revision: undefined,
      floor: { revision: 412 },
      faults: [{ code: 'LAST_GOOD_BROKEN' }],
    })
  })
})
