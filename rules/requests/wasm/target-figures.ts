import {
  block,
  type Code,
  get,
  giveBack,
  goOn,
  goOnIf,
  I32,
  i32,
  i64,
  loop,
  set,
  tee,
  type WasmFunction,
  when,
} from './assemble.ts'
import { AT, MAX_PATH_BYTES, MIN_PATH_BYTES, PATH } from './line-layout.ts'

const ACCOUNT_BYTES = 8

const c = i32.const
const NOTHING = c(-1)

/** The number of the path that fills `[start, end)`, among those that were told; -1 for any other. */
export function pathFunction(): WasmFunction {
  const [start, end, entry, place, other] = [0, 1, 2, 3, 4]
  const bytes = i32.subtract(get(end), get(start))
  const isAnother = i64.differ(i64.load(get(place)), i64.load(get(other), PATH.text))
  // Eight bytes at a time; the last eight may be some of those before.
  const compare = [
    set(place, get(start)),
    set(other, get(entry)),
    loop(
      goOnIf(1, isAnother),
      set(other, i32.add(get(other), c(8))),
      goOnIf(0, i32.below(tee(place, i32.add(get(place), c(8))), i32.subtract(get(end), c(8)))),
    ),
    set(place, i32.subtract(get(end), c(8))),
    set(other, i32.add(get(entry), i32.subtract(bytes, c(8)))),
    goOnIf(0, isAnother),
    giveBack(i32.load(get(entry), PATH.number)),
  ]
  return {
    name: 'path',
    parameters: [I32, I32],
    results: [I32],
    locals: [I32, I32, I32],
    body: [
      when(i32.less(get(start), c(0)), giveBack(NOTHING)),
      when(i32.above(i32.subtract(bytes, c(MIN_PATH_BYTES)), c(MAX_PATH_BYTES - MIN_PATH_BYTES)), giveBack(NOTHING)),
      set(entry, c(AT.paths)),
      loop(
        when(i32.atLeast(get(entry), i32.load(c(AT.pathsEnd))), giveBack(NOTHING)),
        block(goOnIf(0, i32.differ(i32.load(get(entry), PATH.length), bytes)), compare),
        set(entry, i32.add(get(entry), c(PATH.bytes))),
        goOn(0),
      ),
      NOTHING,
    ],
  }
}

/** Twice the code and one for `_TC`, of an account `NNNNN_BV` or `NNNNN_TC` in any case that fills `[start, end)`; -1 for any other. */
export function accountFunction(): WasmFunction {
  const [start, end, place, facility, digit, suffix] = [0, 1, 2, 3, 4, 5]
  const suffixIs = (text: string): Code => i32.equal(get(suffix), c(Buffer.from(`\0${text}`, 'latin1').readInt32LE()))
  const twice = i32.shiftLeft(get(facility), c(1))
  return {
    name: 'account',
    parameters: [I32, I32],
    results: [I32],
    locals: [I32, I32, I32, I32],
    body: [
      when(i32.less(get(start), c(0)), giveBack(NOTHING)),
      when(i32.differ(i32.subtract(get(end), get(start)), c(ACCOUNT_BYTES)), giveBack(NOTHING)),
      set(place, get(start)),
      loop(
        when(i32.above(tee(digit, i32.subtract(i32.byte(get(place)), c(0x30))), c(9)), giveBack(NOTHING)),
        set(facility, i32.add(i32.multiply(get(facility), c(10)), get(digit))),
        goOnIf(0, i32.below(tee(place, i32.add(get(place), c(1))), i32.add(get(start), c(5)))),
      ),
      // The last four bytes without the last digit, letters in lower case.
      set(suffix, i32.or(i32.and(i32.load(get(start), 4), c(0xffff_ff00)), c(0x2020_0000))),
      when(suffixIs('_bv'), giveBack(twice)),
      when(suffixIs('_tc'), giveBack(i32.or(twice, c(1)))),
      NOTHING,
    ],
  }
}
