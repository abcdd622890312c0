import type { FunctionClass } from './attributed-request.ts'
import { latin1 } from './byte-cache.ts'
import type { SubjectReader } from './hash-subject.ts'
import type { LineMachine } from './line-machine.ts'
import { type LineSpans, MARK, SPAN } from './line-spans.ts'
import type { LookupLine } from './lookup-line.ts'
import { NUMBER_BYTES } from './number-hasher.ts'
import type { TargetReader } from './read-target.ts'
import type { ReadTime, TimeMemory } from './time-memory.ts'
import { FIGURE } from './wasm/line-layout.ts'

const ZERO = 0x30
/** A status from here on is no answer. */
const REFUSED_FROM = 400

/** Reads lines in the form that nearly all have. */
export interface LookupReader {
  /** The line that the machine scanned last, the same object each time; `undefined` for one that tells more or something else. */
  read(spans: LineSpans, readTime: ReadTime): LookupLine | undefined
}

export interface LookupReaderParts {
  readonly machine: LineMachine
  /** Shared with the reader of whole requests. */
  readonly times: TimeMemory
  readonly subjects: SubjectReader
  readonly target: TargetReader
}

/** What is read of a line here is what `createFieldReader` reads of it; lines of which that is not sure are left to it. */
export function createLookupReader({ machine, times, subjects, target }: LookupReaderParts): LookupReader {
  const classes: LookupLine['class'][] = []
  const told: string[] = []
  const line: LookupLine = {
    atMs: 0,
    class: 'lookup',
    address: 0,
    facilityAccount: -1,
    named: undefined,
    hasSubject: false,
    subject: subjects.words,
    subjectBlock: 0,
  }

  /** Has the machine recognise the path of a look-up. */
  function learnPath(spans: LineSpans): void {
    const start = spans.starts[MARK.path] as number
    if (start < 0) return
    const end = spans.ends[MARK.path] as number
    const called = target.readFunction(spans, start, end)
    if (!isLookupClass(called.class) || called.stopped) return
    // Lines that were scanned before the path was told do not know it yet.
    const path = latin1(spans.view, start, end)
    if (told.includes(path)) return
    const number = machine.tellPath(start, end)
    if (number === undefined) return
    classes[number] = called.class
    told[number] = path
  }

  /** Whether the person is read, or nobody is told. */
  function readSubject({ view, starts, ends }: LineSpans, atMs: number): boolean {
    const start = starts[SPAN.subject] as number
    const bytes = start < 0 ? 0 : (ends[SPAN.subject] as number) - start
    line.hasSubject = bytes > 0
    if (bytes === 0) return true
    if (bytes !== NUMBER_BYTES || !subjects.hashNumber(view, start, atMs)) return false
    line.subjectBlock = subjects.block as number
    return true
  }

  return {
    read(spans, readTime) {
      const { starts, ends, figures } = spans
      const path = figures[FIGURE.path] as number
      if (path < 0) {
        learnPath(spans)
        return undefined
      }
      const name = starts[MARK.name] as number
      line.address = figures[FIGURE.address] as number
      if (name < 0 || line.address === 0 || (starts[SPAN.at] as number) < 0) return undefined
      if ((figures[FIGURE.status] as number) >= REFUSED_FROM || !hasFound(spans)) return undefined
      line.atMs = times.read(spans, readTime)
      line.facilityAccount = figures[FIGURE.account] as number
      line.named = line.facilityAccount < 0 ? target.readAccount(spans, name, ends[MARK.name] as number) : undefined
      if (Number.isNaN(line.atMs) || (line.facilityAccount < 0 && line.named === undefined)) return undefined
      line.class = classes[path] as LookupLine['class']
      return readSubject(spans, line.atMs) ? line : undefined
    },
  }
}

/** Whether the answer code is that of somebody found, `000` to `009`, or none is logged. */
function hasFound({ view, starts, ends }: LineSpans): boolean {
  const start = starts[SPAN.result] as number
  const bytes = start < 0 ? 0 : (ends[SPAN.result] as number) - start
  if (bytes === 0) return true
  const digit = bytes === 3 ? view.getUint8(start + 2) - ZERO : -1
  return digit >= 0 && digit <= 9 && view.getUint8(start) === ZERO && view.getUint8(start + 1) === ZERO
}

function isLookupClass(name: FunctionClass): name is LookupLine['class'] {
  return name === 'lookup' || name === 'history' || name === 'record'
}
