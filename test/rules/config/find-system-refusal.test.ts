import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findSystemRefusal } from '../../../rules/config/find-system-refusal.ts'

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('It did not fail')
}

describe('findSystemRefusal', () => {
  it.each<[() => unknown, RegExp]>([
    [() => readFileSync('/nowhere/at/all'), /^ENOENT: .*'\/nowhere\/at\/all'\. It is not there/],
    [() => writeFileSync('/', ''), /^EISDIR: .*\. It is a folder/],
    [() => readFileSync('/dev/null/x'), /^ENOTDIR: .*\. A part of the path is no folder/],
  ])('says what the system refused and what to do: %s', (work, words) => {
    expect(findSystemRefusal(errorOf(work))).toMatch(words)
  })

  it('leaves our own mistakes to the stack', () => {
    expect(findSystemRefusal(new TypeError('x is not a function'))).toBeUndefined()
    expect(findSystemRefusal(Object.assign(new Error('ours'), { code: 'NOT_FOUND' }))).toBeUndefined()
    expect(findSystemRefusal('a text')).toBeUndefined()
  })
})
