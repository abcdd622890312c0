import { describe, expect, it } from 'vitest'
import { createOwnChanges } from '../../../agent/drift/own-changes.ts'
import type { RunProgram } from '../../../agent/process/run-program.ts'

/** Programs with the process ids 100, 101, …; `exitCode` is how they end. */
function own(exitCode = 0) {
  let next = 100
  const run: RunProgram = async (_file, _args, options) => {
    options?.onStart?.(next)
    next += 1
    return { exitCode, stdout: '', stderr: '' }
  }
  return createOwnChanges(run)
}

const CHANGE = ['-f', '-'] as const

describe('createOwnChanges', () => {
  it('knows a change of ours by its process, once', async () => {
    const changes = own()
    changes.compare(42, 42)
    await changes.run('nft', CHANGE)
    expect(changes.isOurs({ pid: 7, name: 'nft' })).toBe(false)
    expect(changes.isOurs({ pid: 100, name: 'nft' })).toBe(true)
    expect(changes.isOurs({ pid: 100, name: 'nft' })).toBe(false)
  })

  it('tells who asked for it the process id as well', async () => {
    const pids: number[] = []
    await own().run('nft', CHANGE, { onStart: (pid) => void pids.push(pid) })
    expect(pids).toEqual([100])
  })

  it.each([
    ['nft', ['--check', '-f', '-']],
    ['nft', ['list', 'ruleset']],
    ['ipset', ['-f', 'x']],
  ] as const)('does not count %s %j, which changes nothing', async (file, args) => {
    const changes = own()
    await changes.run(file, args)
    changes.compare(1, 2)
    expect(changes.isOurs({ pid: 100, name: 'nft' })).toBe(false)
  })

  describe('before it is known whose numbers the kernel tells', () => {
    it('excuses one nft for each change of ours', async () => {
      const changes = own()
      await changes.run('nft', CHANGE)
      expect(changes.isOurs({ pid: 52_001, name: 'firewalld' })).toBe(false)
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(true)
      expect(changes.isOurs({ pid: 52_002, name: 'nft' })).toBe(false)
    })

    it('excuses no second nft for a change known by its process', async () => {
      const changes = own()
      await changes.run('nft', CHANGE)
      expect(changes.isOurs({ pid: 100, name: 'nft' })).toBe(true)
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(false)
    })
  })

  describe('where the numbers of the kernel are not ours', () => {
    it('still excuses a change that runs while the events are lost', async () => {
      let end = () => {}
      const run: RunProgram = async () => {
        await new Promise<void>((resolve) => {
          end = resolve
        })
        return { exitCode: 0, stdout: '', stderr: '' }
      }
      const changes = createOwnChanges(run)
      changes.compare(100, 52_000)
      const running = changes.run('nft', CHANGE)
      changes.forget()
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(true)
      end()
      await running
      expect(changes.isOurs({ pid: 52_002, name: 'nft' })).toBe(false)
    })

    it('excuses one nft for each change of ours, whatever its number', async () => {
      const changes = own()
      changes.compare(100, 52_000)
      await changes.run('nft', CHANGE)
      expect(changes.isOurs({ pid: 52_001, name: 'firewalld' })).toBe(false)
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(true)
      expect(changes.isOurs({ pid: 52_002, name: 'nft' })).toBe(false)
    })

    it('excuses nothing for a change that the kernel refused', async () => {
      const changes = own(1)
      changes.compare(100, 52_000)
      await changes.run('nft', CHANGE)
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(false)
    })

    it('excuses nothing for what was started before the events were lost', async () => {
      const changes = own()
      changes.compare(100, 52_000)
      await changes.run('nft', CHANGE)
      changes.forget()
      expect(changes.isOurs({ pid: 52_001, name: 'nft' })).toBe(false)
    })
  })
})

describe('a change that starts no program', () => {
  const thread = { pid: 4711, name: 'node' }
  const touch = (name: string) => ({ verb: 'add', object: 'chain', name })

  it('is known by its mark, once, wherever the kernel numbers processes', () => {
    const changes = own()
    changes.compare(1, 2)
    const mark = changes.mark()
    expect(changes.isOurs(thread, [touch('at-enforce-0')])).toBe(false)
    expect(changes.isOurs(thread, [touch('at-enforce-0'), touch(mark)])).toBe(true)
    expect(changes.isOurs(thread, [touch(mark)])).toBe(false)
  })
})
