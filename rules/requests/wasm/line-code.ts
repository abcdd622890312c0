import { MARK } from '../line-spans.ts'
import {
  assemble,
  block,
  type Code,
  call,
  get,
  giveBack,
  goOn,
  goOnIf,
  I32,
  I64,
  i32,
  i64,
  loop,
  set,
  tee,
  V128,
  v128,
  type WasmFunction,
  when,
  whenElse,
} from './assemble.ts'
import { addressFunction, numberFunction, workOutFunction } from './line-figures.ts'
import { AT, FUNCTION, KIND, MEMBER, MEMBER_BYTES, PART, STEP } from './line-layout.ts'
import { scanLinesFunction } from './scan-lines.ts'
import { accountFunction, pathFunction } from './target-figures.ts'

/** Bytes that a walk stops at: control characters, bytes beyond ASCII, and `"#%&+=?\`. By halves of a byte, which must name the same class. */
const EVERY = 1
const TWO = 2
const THREE = 4
const FIVE = 8
const LOWS = Array.from({ length: 16 }, (_, low) => {
  return EVERY | ([2, 3, 5, 6, 11].includes(low) ? TWO : 0) | (low === 13 || low === 15 ? THREE : 0) | (low === 12 ? FIVE : 0)
})
const HIGHS = Array.from({ length: 16 }, (_, high) => {
  return high < 2 || high > 7 ? EVERY : ({ 2: TWO, 3: THREE, 5: FIVE }[high] ?? 0)
})

const LINE_FEED = 0x0a
const QUOTE = 0x22
const SLASH = 0x2f
const ZERO = 0x30
const EQUALS = 0x3d
const c = i32.const
const NOTHING = c(-1)

/** Marks `bytes` bytes from the beginning on: a bit for each byte at which a walk stops. Looks both halves of 16 bytes up at once. */
function markFunction(): WasmFunction {
  const [bytes, source, target, sixteen] = [0, 1, 2, 3]
  const zeros = Array.from({ length: 16 }, () => 0)
  const low = v128.lookUp(v128.const(LOWS), v128.and(v128.load(get(source)), v128.const(zeros.map(() => 0x0f))))
  const high = v128.lookUp(v128.const(HIGHS), v128.shiftBytesRight(v128.load(get(source)), c(4)))
  return {
    name: 'mark',
    parameters: [I32],
    results: [],
    locals: [I32, I32, V128],
    body: [
      loop(
        set(sixteen, v128.differ(v128.and(low, high), v128.const(zeros))),
        i32.store16(get(target), v128.bitmask(get(sixteen)), AT.marks),
        set(target, i32.add(get(target), c(2))),
        goOnIf(0, i32.below(tee(source, i32.add(get(source), c(16))), get(bytes))),
      ),
    ],
  }
}

/** Moves `place` on to the next marked byte, which may be itself. `word` and `bits` are locals to work with. */
function toNextMarked(place: number, word: number, bits: number): Code {
  const marksOf = i64.load(i32.shiftLeft(get(word), c(3)), AT.marks)
  return [
    set(word, i32.shiftRight(get(place), c(6))),
    // A shift takes the low six bits of its distance.
    set(bits, i64.shiftRight(marksOf, i64.extend(get(place)))),
    whenElse(
      i64.isZero(get(bits)),
      [
        loop(set(word, i32.add(get(word), c(1))), goOnIf(0, i64.isZero(tee(bits, marksOf)))),
        set(place, i32.add(i32.shiftLeft(get(word), c(6)), i32.wrap(i64.trailingZeros(get(bits))))),
      ],
      [set(place, i32.add(get(place), i32.wrap(i64.trailingZeros(get(bits)))))],
    ),
  ]
}

/** The line that begins at `start` and has the shape: the place behind its line feed, or -1. */
function scanFunction(): WasmFunction {
  const [start, i, member, valueStart, place, stop, byte, word, bits] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const compareGap = [
    set(place, get(i)),
    set(stop, i32.add(get(i), i32.load(get(member), MEMBER.gapBytes))),
    set(word, get(member)),
    loop(
      when(
        i64.differ(i64.and(i64.load(get(place)), i64.load(get(word), MEMBER.words + 8)), i64.load(get(word), MEMBER.words)),
        giveBack(NOTHING),
      ),
      set(word, i32.add(get(word), c(16))),
      goOnIf(0, i32.below(tee(place, i32.add(get(place), c(8))), get(stop))),
    ),
    set(i, get(stop)),
  ]
  const walkText = block(
    loop(
      toNextMarked(i, word, bits),
      goOnIf(1, i32.equal(tee(byte, i32.byte(get(i))), c(QUOTE))),
      when(i32.isZero(i32.byte(get(byte), AT.passed)), giveBack(NOTHING)),
      set(i, i32.add(get(i), c(1))),
      goOn(0),
    ),
  )
  const figureBytes = i32.subtract(get(i), get(valueStart))
  const walkFigure = [
    block(loop(goOnIf(1, i32.above(i32.subtract(i32.byte(get(i)), c(ZERO)), c(9))), set(i, i32.add(get(i), c(1))), goOn(0))),
    when(i32.above(i32.subtract(figureBytes, c(1)), c(4)), giveBack(NOTHING)),
    when(i32.and(i32.above(figureBytes, c(1)), i32.equal(i32.byte(get(valueStart)), c(ZERO))), giveBack(NOTHING)),
  ]
  return {
    name: 'scan',
    parameters: [I32],
    results: [I32],
    locals: [I32, I32, I32, I32, I32, I32, I32, I64],
    body: [
      set(i, get(start)),
      set(member, c(AT.members)),
      loop(
        compareGap,
        when(
          i32.differ(get(member), i32.load(c(AT.lastMember))),
          set(valueStart, get(i)),
          set(byte, i32.load(get(member), MEMBER.kind)),
          whenElse(
            i32.isZero(get(byte)),
            [walkText],
            [
              whenElse(i32.equal(get(byte), c(KIND.figure)), walkFigure, [
                set(i, call(FUNCTION.markTarget, get(i))),
                when(i32.less(get(i), c(0)), giveBack(NOTHING)),
              ]),
            ],
          ),
          set(place, i32.load(get(member), MEMBER.start)),
          i32.store(get(place), get(valueStart)),
          i32.store(get(place), get(i), AT.ends - AT.starts),
          set(member, i32.add(get(member), c(MEMBER_BYTES))),
          goOn(1),
        ),
      ),
      when(i32.differ(i32.byte(get(i)), c(LINE_FEED)), giveBack(NOTHING)),
      call(FUNCTION.workOut),
      i32.add(get(i), c(1)),
    ],
  }
}

/**
 * Walks once through the target at `start`, which must begin with `/` and have nothing encoded in the names of its parameters, and marks what counts in it. The place of the
 * quote that ends it, or -1.
 */
function markTargetFunction(): WasmFunction {
  const [start, i, part, nameStart, nameEnd, byte, step, word, bits] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const startOf = (mark: number): number => AT.starts + 4 * mark
  const forget = [MARK.path, MARK.name, MARK.token].map((mark) => i32.store(c(startOf(mark)), NOTHING))
  const keep = (mark: number, from: Code, to: Code): Code => [
    i32.store(c(startOf(mark)), from),
    i32.store(c(AT.ends + 4 * mark), to),
  ]
  return {
    name: 'markTarget',
    parameters: [I32],
    results: [I32],
    locals: [I32, I32, I32, I32, I32, I32, I32, I64],
    body: [
      forget,
      when(i32.differ(i32.byte(get(start)), c(SLASH)), giveBack(NOTHING)),
      set(i, get(start)),
      loop(
        toNextMarked(i, word, bits),
        set(byte, i32.byte(get(i))),
        set(step, i32.byte(i32.add(get(part), get(byte)), AT.steps)),
        when(i32.isZero(get(step)), giveBack(NOTHING)),
        when(
          i32.equal(get(step), c(STEP.ends)),
          whenElse(
            i32.isZero(get(part)),
            [keep(MARK.path, get(start), get(i)), set(part, c(PART.name)), set(nameStart, i32.add(get(i), c(1)))],
            [
              whenElse(
                i32.equal(get(byte), c(EQUALS)),
                [set(nameEnd, get(i)), set(part, c(PART.value))],
                [
                  whenElse(
                    i32.equal(get(part), c(PART.value)),
                    [call(FUNCTION.keepParameter, get(nameStart), get(nameEnd), i32.add(get(nameEnd), c(1)), get(i))],
                    [call(FUNCTION.keepParameter, get(nameStart), get(i), get(i), get(i))],
                  ),
                  set(part, c(PART.name)),
                  set(nameStart, i32.add(get(i), c(1))),
                ],
              ),
            ],
          ),
          when(i32.equal(get(byte), c(QUOTE)), giveBack(get(i))),
        ),
        set(i, i32.add(get(i), c(1))),
        goOn(0),
      ),
      NOTHING,
    ],
  }
}

/** Keeps the places of a value whose name counts, if it is the first of its kind. */
function keepParameterFunction(): WasmFunction {
  const [nameStart, nameEnd, start, end, mark] = [0, 1, 2, 3, 4]
  const bytes = i32.subtract(get(nameEnd), get(nameStart))
  const lower = (from: Code): Code => i64.or(i64.load(from), i64.const(0x2020_2020_2020_2020n))
  const lowerFour = (from: Code): Code => i32.or(i32.load(from), c(0x2020_2020))
  const isUsername = i64.equal(lower(get(nameStart)), i64.const(eightOf('username')))
  const isToken = i32.and(
    i32.equal(lowerFour(get(nameStart)), c(fourOf('toke'))),
    i32.equal(lowerFour(i32.add(get(nameStart), c(1))), c(fourOf('oken'))),
  )
  const isAccessToken = i32.and(
    i64.equal(lower(get(nameStart)), i64.const(eightOf('accessto'))),
    i32.equal(lowerFour(i32.add(get(nameStart), c(7))), c(fourOf('oken'))),
  )
  const keepAs = (length: number, condition: Code, name: number): Code =>
    when(i32.equal(bytes, c(length)), when(condition, set(mark, c(AT.starts + 4 * name))))
  return {
    name: 'keepParameter',
    parameters: [I32, I32, I32, I32],
    results: [],
    locals: [I32],
    body: [
      keepAs(8, isUsername, MARK.name),
      keepAs(5, isToken, MARK.token),
      keepAs(11, isAccessToken, MARK.token),
      when(
        get(mark),
        when(
          i32.less(i32.load(get(mark)), c(0)),
          i32.store(get(mark), get(start)),
          i32.store(get(mark), get(end), AT.ends - AT.starts),
        ),
      ),
    ],
  }
}

/** The module that takes lines of one shape apart. */
export function lineCode(): Uint8Array {
  const functions = [
    markFunction(),
    scanFunction(),
    markTargetFunction(),
    keepParameterFunction(),
    workOutFunction(),
    numberFunction(),
    addressFunction(),
    pathFunction(),
    accountFunction(),
    scanLinesFunction(),
  ]
  return assemble(Math.ceil(AT.end / 65_536), functions)
}

function fourOf(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE()
}

function eightOf(text: string): bigint {
  return Buffer.from(text, 'latin1').readBigInt64LE()
}
