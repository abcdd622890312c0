import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withPublicationLock } from '../../../control-api/publication/publication-lock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('withPublicationLock', () => {
  it('lets one in at a time and refuses who waited too long', async () => {
    const path = join(await temporaryFolder(), 'lock')
    const order: string[] = []
    await withPublicationLock(path, 0, async () => {
      order.push('first in')
      await expect(withPublicationLock(path, 0, async () => order.push('second in'))).rejects.toMatchObject({ code: 'LOCKED' })
    })
    await withPublicationLock(path, 0, async () => order.push('third in'))
    expect(order).toEqual(['first in', 'third in'])
  })

  it('is free again after work that threw', async () => {
    const path = join(await temporaryFolder(), 'lock')
    await expect(withPublicationLock(path, 0, async () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full')
    expect(await withPublicationLock(path, 0, async () => 'free')).toBe('free')
  })
})
