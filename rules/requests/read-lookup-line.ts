import type { AddressCache } from './address-cache.ts'
import type { FunctionClass } from './attributed-request.ts'
import { latin1 } from './byte-cache.ts'
import type { SubjectReader } from './hash-subject.ts'
import type { LineMachine } from './line-machine.ts'
import { type LineSpans, MARK, SPAN } from './line-spans.ts'
import type { LinesAhead, LookupLine, LookupTaker, NamedPlace } from './lookup-line.ts'
import { NUMBER_BYTES } from './number-hasher.ts'
import type { TargetReader } from './read-target.ts'
import type { ReadTime } from './time-memory.ts'
import { FIGURE, LINE_WORDS, LINES, WORD } from './wasm/line-layout.ts'

const ZERO = 0x30
/** Words of a line. */
const ADDRESS = WORD.figures + FIGURE.address
const STATUS = WORD.figures + FIGURE.status
const TIME = WORD.figures + FIGURE.timeNumber
const PATH = WORD.figures + FIGURE.path
const ACCOUNT = WORD.figures + FIGURE.account
const NAME = WORD.starts + MARK.name
const NAME_END = WORD.ends + MARK.name
/** What names the account of a log-in, if any of it is there. */
const NAMING = [SPAN.account, SPAN.username, SPAN.accessToken, SPAN.authorization] as const

export interface LookupReaderParts {
  readonly machine: LineMachine
  readonly subjects: SubjectReader
  readonly target: TargetReader
  readonly addresses: AddressCache
  /** The texts of answer codes of three digits. */
  readonly results: readonly string[]
}

/**
 * Reads lines in the form that nearly all have, and offers them to whoever takes them. What is read of a line here is what `createFieldReader` reads of it;
 * lines of which that is not sure are left to it.
 */
export class LookupReader {
  readonly #parts: LookupReaderParts
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #line: ReadLine
  /** By number of a path that the machine recognises. */
  readonly #classes: LookupLine['class'][] = []
  readonly #told: string[] = []
  /** By line of those that were scanned in one go. */
  readonly #named: (NamedPlace | undefined)[] = Array.from({ length: LINES })
  readonly #ahead: LinesAhead & { told: number }
  readonly #blocks = new Int32Array(LINES)
  readonly #times = new Float64Array(LINES)
  readonly #lastTime = new Float64Array(1).fill(NaN)
  #lastTimeNumber = 0
  /** Some of `#named` may be of lines before. */
  #isAnyLeft = false

  constructor(parts: LookupReaderParts) {
    const { machine } = parts
    this.#parts = parts
    this.#words = machine.words
    this.#bytes = machine.spans.bytes
    this.#view = machine.spans.view
    this.#line = new ReadLine(parts)
    this.#ahead = {
      accounts: machine.accounts,
      named: this.#named,
      told: 0,
      areTold: new Uint8Array(LINES),
      highs: new Int32Array(LINES),
      lows: new Int32Array(LINES),
    }
  }

  /** The line that was scanned last, the same object each time, if it was taken. */
  offer(taker: LookupTaker, readTime: ReadTime): LookupLine | undefined {
    const { machine } = this.#parts
    const fresh = machine.takeFresh()
    if (fresh > 0) {
      this.#readAhead(fresh, readTime)
      taker.expectLookups(this.#ahead, fresh)
    }
    const line = this.#read(machine.number)
    return line !== undefined && taker.takeLookup(line) ? line : undefined
  }

  /** Reads of the lines that were scanned in one go what is worth knowing before they are read. */
  #readAhead(count: number, readTime: ReadTime): void {
    const words = this.#words
    let isAnyNamed = false
    this.#ahead.told = 0
    for (let number = 0; number < count; number += 1) {
      const at = number * LINE_WORDS
      this.#readTimeOf(number, readTime)
      this.#hashSubject(number)
      if ((words[at + ACCOUNT] as number) < 0 && (words[at + NAME] as number) >= 0) isAnyNamed = true
    }
    if (isAnyNamed || this.#isAnyLeft) this.#findNamed(count)
    this.#isAnyLeft = isAnyNamed
  }

  /** `undefined` for a line that tells more or something else. */
  #read(number: number): LookupLine | undefined {
    const [words, line] = [this.#words, this.#line]
    const at = number * LINE_WORDS
    const path = words[at + PATH] as number
    if (path < 0) {
      this.#learnPath(this.#parts.machine.spans)
      return undefined
    }
    const atMs = this.#times[number] as number
    const address = words[at + ADDRESS] as number
    if (address === 0 || Number.isNaN(atMs)) return undefined
    const kind = this.#classes[path] as LookupLine['class']
    const account = words[at + ACCOUNT] as number
    line.ahead = number
    line.atMs = atMs
    line.address = address
    line.class = kind
    if (kind === 'token') return this.#namesNobody(at) ? line : undefined
    line.facilityAccount = account
    line.named = account < 0 ? this.#named[number] : undefined
    if ((words[at + NAME] as number) < 0 || (account < 0 && line.named === undefined)) return undefined
    line.status = words[at + STATUS] as number
    line.hasSubject = this.#ahead.areTold[number] === 1
    line.subjectBlock = this.#blocks[number] as number
    if (!line.hasSubject && this.#bytesOf(at, SPAN.subject) > 0) return undefined
    return this.#readResult(at) ? line : undefined
  }

  /** Bytes of a field of the line whose words begin at `at`; 0 where it has none. */
  #bytesOf(at: number, span: number): number {
    const start = this.#words[at + WORD.starts + span] as number
    return start < 0 ? 0 : (this.#words[at + WORD.ends + span] as number) - start
  }

  #readTimeOf(number: number, readTime: ReadTime): void {
    const words = this.#words
    const at = number * LINE_WORDS
    const timeNumber = words[at + TIME] as number
    if (timeNumber !== this.#lastTimeNumber) {
      const start = words[at + WORD.starts + SPAN.at] as number
      this.#lastTime[0] = start < 0 ? NaN : readTime(this.#bytes, start, words[at + WORD.ends + SPAN.at] as number)
      this.#lastTimeNumber = timeNumber
    }
    this.#times[number] = this.#lastTime[0] as number
  }

  /** Hashes the person, if ten digits tell it. */
  #hashSubject(number: number): void {
    const { areTold, highs, lows } = this.#ahead
    const at = number * LINE_WORDS
    areTold[number] = 0
    if (this.#bytesOf(at, SPAN.subject) !== NUMBER_BYTES) return
    const { subjects } = this.#parts
    const start = this.#words[at + WORD.starts + SPAN.subject] as number
    if (!subjects.hashNumber(this.#view, start, this.#times[number] as number)) return
    areTold[number] = 1
    this.#ahead.told += 1
    highs[number] = subjects.words.high
    lows[number] = subjects.words.low
    this.#blocks[number] = subjects.block as number
  }

  /** Looks at all names before the first is read, so that what is kept of them is fetched together. */
  #findNamed(count: number): void {
    const { machine, target } = this.#parts
    const words = this.#words
    for (let number = 0; number < count; number += 1) {
      const at = number * LINE_WORDS
      const start = (words[at + ACCOUNT] as number) < 0 ? (words[at + NAME] as number) : -1
      if (start >= 0) target.glanceAccount(this.#view, start, words[at + NAME_END] as number)
    }
    for (let number = 0; number < count; number += 1) {
      const at = number * LINE_WORDS
      const start = (words[at + ACCOUNT] as number) < 0 ? (words[at + NAME] as number) : -1
      this.#named[number] =
        start < 0 ? undefined : target.readAccount(machine.lines[number] as LineSpans, start, words[at + NAME_END] as number)
    }
  }

  /** Has the machine recognise the path of a look-up or a log-in. */
  #learnPath(spans: LineSpans): void {
    const { machine, target } = this.#parts
    const start = spans.starts[MARK.path] as number
    if (start < 0) return
    const end = spans.ends[MARK.path] as number
    const called = target.readFunction(spans, start, end)
    if (!isTakenClass(called.class) || called.stopped) return
    // Lines that were scanned before the path was told do not know it yet.
    const path = latin1(spans.view, start, end)
    if (this.#told.includes(path)) return
    const number = machine.tellPath(start, end)
    if (number === undefined) return
    this.#classes[number] = called.class
    this.#told[number] = path
  }

  /** Of a log-in. */
  #namesNobody(at: number): boolean {
    const words = this.#words
    if ((words[at + NAME] as number) >= 0 || (words[at + WORD.starts + MARK.token] as number) >= 0) return false
    for (const span of NAMING) if (this.#bytesOf(at, span) > 0) return false
    return true
  }

  /** Whether the answer code is read, or none is logged. */
  #readResult(at: number): boolean {
    const line = this.#line
    const length = this.#bytesOf(at, SPAN.result)
    line.result = undefined
    if (length === 0) return true
    if (length !== 3) return false
    const start = this.#words[at + WORD.starts + SPAN.result] as number
    let code = 0
    for (let i = start; i < start + 3; i += 1) {
      const digit = this.#view.getUint8(i) - ZERO
      if (digit < 0 || digit > 9) return false
      code = code * 10 + digit
    }
    line.result = this.#parts.results[code]
    return true
  }
}

class ReadLine implements LookupLine {
  readonly #parts: LookupReaderParts
  ahead = 0
  atMs = 0.5
  class: LookupLine['class'] = 'lookup'
  status = 0
  result: string | undefined = undefined
  address = 0
  facilityAccount = -1
  named: NamedPlace | undefined = undefined
  hasSubject = false
  subjectBlock = 0

  constructor(parts: LookupReaderParts) {
    this.#parts = parts
  }

  get ip(): string {
    const { machine, addresses } = this.#parts
    const { view, starts, ends } = machine.spans
    return addresses.get(this.address, view, starts[SPAN.ip] as number, ends[SPAN.ip] as number) ?? ''
  }
}

function isTakenClass(name: FunctionClass): name is LookupLine['class'] {
  return name === 'lookup' || name === 'history' || name === 'record' || name === 'token'
}
