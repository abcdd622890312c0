import { describe, expect, it } from 'vitest'
import { DriftError } from '../../../agent/drift/drift-error.ts'
import { tidyAfterReading } from '../../../agent/drift/tidy-after-reading.ts'
import { until } from '../../support/until.ts'

const NEVER = new AbortController().signal
const DIGESTS = { approved: 'a', management: 'b', blocks: 1 }

describe('tidyAfterReading', () => {
  it('reads as before, and has memory tidied afterwards, also where nothing could be read', async () => {
    let tidied = 0
    const tidy = (): void => {
      tidied += 1
    }
    await expect(tidyAfterReading({ read: async () => DIGESTS }, tidy)?.read(NEVER)).resolves.toEqual(DIGESTS)
    await until('tidied', () => tidied === 1 || undefined)
    const read = () => Promise.reject(new DriftError('PROOF_UNREADABLE', 'nft is busy'))
    await expect(tidyAfterReading({ read }, tidy)?.read(NEVER)).rejects.toMatchObject({ code: 'PROOF_UNREADABLE' })
    await until('tidied again', () => tidied === 2 || undefined)
  })

  it('is nothing where there is no reader', () => {
    expect(tidyAfterReading(undefined, () => undefined)).toBeUndefined()
  })
})
