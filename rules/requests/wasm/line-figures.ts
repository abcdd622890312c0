import { MARK, SPAN } from '../line-spans.ts'
import {
  block,
  type Code,
  call,
  choose,
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
  whenElse,
} from './assemble.ts'
import { AT, FIGURE, FUNCTION, MAX_TIME_BYTES } from './line-layout.ts'

const DOT = 0x2e
const ZERO = 0x30

const c = i32.const
const NOTHING = c(-1)

/** Works the figures of a line out of its values. */
export function workOutFunction(): WasmFunction {
  const [start, end, place, other] = [0, 1, 2, 3]
  const startAt = (span: number): Code => i32.load(c(AT.starts + 4 * span))
  const endAt = (span: number): Code => i32.load(c(AT.ends + 4 * span))
  const keep = (figure: number, value: Code): Code => i32.store(c(AT.figures + 4 * figure), value)
  const numberOf = (span: number, most: number): Code => call(FUNCTION.number, startAt(span), endAt(span), c(most))
  const held = AT.time
  const timeNumber = i32.load(c(AT.figures + 4 * FIGURE.timeNumber))
  const bytes = i32.subtract(get(end), get(start))
  // Eight bytes at a time; the last eight may be some of those before. The body hears how many levels out its surroundings are.
  const eachEight = (body: (levels: number) => Code): Code => [
    set(place, get(start)),
    set(other, c(held)),
    loop(
      body(1),
      set(other, i32.add(get(other), c(8))),
      goOnIf(0, i32.below(tee(place, i32.add(get(place), c(8))), i32.subtract(get(end), c(8)))),
    ),
    set(place, i32.subtract(get(end), c(8))),
    set(other, i32.add(c(held - 8), bytes)),
    body(0),
  ]
  const isAnother = i64.differ(i64.load(get(place)), i64.load(get(other)))
  return {
    name: 'workOut',
    parameters: [],
    results: [],
    locals: [I32, I32, I32, I32],
    body: [
      keep(FIGURE.address, call(FUNCTION.address, startAt(SPAN.ip), endAt(SPAN.ip))),
      keep(FIGURE.port, numberOf(SPAN.port, 65_535)),
      keep(FIGURE.status, numberOf(SPAN.status, 999)),
      keep(FIGURE.path, call(FUNCTION.path, startAt(MARK.path), endAt(MARK.path))),
      keep(FIGURE.account, call(FUNCTION.account, startAt(MARK.name), endAt(MARK.name))),
      set(start, startAt(SPAN.at)),
      set(end, endAt(SPAN.at)),
      block(
        block(
          goOnIf(0, i32.differ(bytes, i32.load(c(AT.timeBytes)))),
          eachEight((levels) => goOnIf(levels, isAnother)),
          goOn(1),
        ),
        keep(FIGURE.timeNumber, i32.add(timeNumber, c(1))),
        i32.store(c(AT.timeBytes), NOTHING),
        goOnIf(0, i32.above(i32.subtract(bytes, c(8)), c(MAX_TIME_BYTES - 8))),
        i32.store(c(AT.timeBytes), bytes),
        eachEight(() => i64.store(get(other), i64.load(get(place)))),
      ),
    ],
  }
}

/** A figure of one to five digits alone up to `most`; 0 for anything else. */
export function numberFunction(): WasmFunction {
  const [start, end, most, value, digit] = [0, 1, 2, 3, 4]
  return {
    name: 'number',
    parameters: [I32, I32, I32],
    results: [I32],
    locals: [I32, I32],
    body: [
      when(i32.less(get(start), c(0)), giveBack(c(0))),
      when(i32.above(i32.subtract(i32.subtract(get(end), get(start)), c(1)), c(4)), giveBack(c(0))),
      loop(
        when(i32.above(tee(digit, i32.subtract(i32.byte(get(start)), c(ZERO))), c(9)), giveBack(c(0))),
        set(value, i32.add(i32.multiply(get(value), c(10)), get(digit))),
        goOnIf(0, i32.below(tee(start, i32.add(get(start), c(1))), get(end))),
      ),
      choose(i32.above(get(value), get(most)), c(0), get(value)),
    ],
  }
}

/** The 32 bits of a dotted IPv4 address without leading zeros; 0 for `0.0.0.0` and for anything else. */
export function addressFunction(): WasmFunction {
  const [start, end, value, octet, dots, digit] = [0, 1, 2, 3, 4, 5]
  const joined = i32.or(i32.shiftLeft(get(value), c(8)), get(octet))
  return {
    name: 'address',
    parameters: [I32, I32],
    results: [I32],
    locals: [I32, I32, I32, I32],
    body: [
      when(i32.less(get(start), c(0)), giveBack(c(0))),
      when(i32.above(i32.subtract(i32.subtract(get(end), get(start)), c(7)), c(8)), giveBack(c(0))),
      set(octet, NOTHING),
      loop(
        whenElse(
          i32.below(tee(digit, i32.subtract(i32.byte(get(start)), c(ZERO))), c(10)),
          [
            when(i32.isZero(get(octet)), giveBack(c(0))),
            set(octet, choose(i32.less(get(octet), c(0)), get(digit), i32.add(i32.multiply(get(octet), c(10)), get(digit)))),
            when(i32.above(get(octet), c(255)), giveBack(c(0))),
          ],
          [
            when(i32.differ(get(digit), c(DOT - ZERO)), giveBack(c(0))),
            when(i32.less(get(octet), c(0)), giveBack(c(0))),
            set(value, joined),
            set(octet, NOTHING),
            set(dots, i32.add(get(dots), c(1))),
          ],
        ),
        goOnIf(0, i32.below(tee(start, i32.add(get(start), c(1))), get(end))),
      ),
      when(i32.differ(get(dots), c(3)), giveBack(c(0))),
      choose(i32.less(get(octet), c(0)), c(0), joined),
    ],
  }
}
