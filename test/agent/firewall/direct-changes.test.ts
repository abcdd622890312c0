import { describe, expect, it } from 'vitest'
import { createDirectChanges } from '../../../agent/firewall/direct-changes.ts'
import { compileNftSignBatch } from '../../../rules/firewall/compile-nft-sign.ts'
import { openBusyPipe } from '../../support/busy-pipe.ts'

describe('createDirectChanges', () => {
  it('says that nobody knows of a list that the kernel does not take in time, and does nothing more this way', async () => {
    const { open, drain } = await openBusyPipe()
    const why: string[] = []
    const tell = (words: string) => void why.push(words)
    const direct = createDirectChanges({ open, onGivenUp: tell, onMisfit: ({ message }) => tell(message) })
    expect(await direct.fill('Cannot apply revision 1', compileNftSignBatch, 20)).toBe('unknown')
    expect(await direct.fill('Cannot apply revision 1', compileNftSignBatch, 20)).toBe('unable')
    expect(await direct.send('Cannot change revision 1', compileNftSignBatch())).toBe('unable')
    expect(why).toHaveLength(1)
    drain()
  })

  it('makes no messages without a socket', async () => {
    const direct = createDirectChanges({ open: undefined, onGivenUp: () => undefined, onMisfit: () => undefined })
    const compile = () => {
      throw new Error('made')
    }
    expect(await direct.fill('Cannot apply revision 1', compile, 20)).toBe('unable')
  })
})
