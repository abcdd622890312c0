import { describe, expect, it, vi } from 'vitest'
import { type CollectGarbage, createMemoryTidy } from '../../../agent/process/tidy-memory.ts'

describe('createMemoryTidy', () => {
  it('collects at once, then not again for ten minutes', () => {
    const collect = vi.fn<CollectGarbage>()
    let nowMs = 1_000_000
    const tidy = createMemoryTidy({ nowMs: () => nowMs }, collect)
    tidy()
    nowMs += 599_000
    tidy()
    expect(collect).toHaveBeenCalledTimes(1)
    nowMs += 1000
    tidy()
    expect(collect).toHaveBeenCalledTimes(2)
    // The clock was set back.
    nowMs -= 3_600_000
    tidy()
    expect(collect).toHaveBeenCalledTimes(3)
  })

  it('does nothing in a process that may not ask for it', () => {
    expect(() => createMemoryTidy({ nowMs: () => 0 }, undefined)()).not.toThrow()
  })
})
