import { expect, it } from 'vitest'
import { createUserUseBook } from '../../../rules/users/user-use-book.ts'
import { MAX_USER_USES } from '../../../rules/users/user-uses.ts'

const START = Date.parse('2026-03-02T16:59:59Z')
const [a, b] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb']

it('tells a user once a day, by the day of Asia/Ho_Chi_Minh, and never an earlier one', () => {
  const book = createUserUseBook()
  book.use(a, START)
  book.use(a, START)
  book.use(b, START + 1000)
  const first = book.usesSince(0)
  expect(first).toEqual({
    change: 2,
    uses: [
      { token: a, day: '2026-03-02' },
      { token: b, day: '2026-03-03' },
    ],
  })
  book.use(b, START)
  expect(book.usesSince(first.change)).toEqual({ change: 2, uses: [] })
  book.use(a, START + 1000)
  expect(book.usesSince(first.change).uses).toEqual([{ token: a, day: '2026-03-03' }])
  // Asked by somebody who heard more from the book before a restart: all of it.
  expect(book.usesSince(99).uses).toHaveLength(2)
})

it('tells many in pieces, and keeps no more than it may', () => {
  const book = createUserUseBook(MAX_USER_USES + 5)
  const tokenOf = (n: number) =>
    n
      .toString(16)
      .padStart(16, '0')
      .replaceAll(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)))
  for (let n = 0; n < MAX_USER_USES + 20; n += 1) book.use(tokenOf(n), START)
  const first = book.usesSince(0)
  expect([first.uses.length, first.uses[0]?.token]).toEqual([MAX_USER_USES, tokenOf(15)])
  const second = book.usesSince(first.change)
  expect([second.uses.length, book.usesSince(second.change).uses.length]).toEqual([5, 0])
})
