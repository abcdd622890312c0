import { createAccountCache, type KnownAccount } from './account-cache.ts'
import { createByteCache, latin1 } from './byte-cache.ts'
import { decodePercent } from './decode-percent.ts'
import { findFunction, type PortalFunction } from './find-function.ts'
import { type LineSpans, MARK } from './line-spans.ts'
import { markTarget } from './mark-target.ts'
import { normalisePath } from './normalise-path.ts'

/** What a request target (RFC 9112 §3.2) says. One object serves a whole log; the next `read` overwrites it. */
export interface TargetReader {
  /** Reads the target that is the field `uri`. */
  read(spans: LineSpans): void
  /** The account that `[start, end)` of the bytes names, for a field that holds nothing else. */
  readAccount(spans: LineSpans, start: number, end: number): KnownAccount | undefined
  /** Looks at what is kept of that account; what it gives means nothing. */
  glanceAccount(view: DataView, start: number, end: number): number
  /** The function that the path asks for that fills `[start, end)` of the bytes. */
  readFunction(spans: LineSpans, start: number, end: number): PortalFunction
  readonly function: PortalFunction
  /** The account of the first `username` parameter. */
  readonly account: KnownAccount | undefined
}

export function createTargetReader(): TargetReader {
  const functions = createByteCache(2048, 96, (view, start, end) => findFunction(normalisePath(latin1(view, start, end))))
  const accounts = createAccountCache()
  const none = findFunction('/')

  const reader = {
    function: none,
    account: undefined as KnownAccount | undefined,
    readFunction: (spans: LineSpans, start: number, end: number) => functions.get(spans.view, start, end),
    readAccount: (spans: LineSpans, start: number, end: number) => accounts.get(spans.view, start, end),
    glanceAccount: (view: DataView, start: number, end: number) => accounts.glance(view, start, end),
    read(spans: LineSpans) {
      const { view, starts, ends } = spans
      if (!spans.hasMarks) markTarget(spans)
      const path = starts[MARK.path] as number
      const name = starts[MARK.name] as number
      reader.function = path < 0 ? none : functions.get(view, path, ends[MARK.path] as number)
      reader.account = name < 0 ? undefined : accounts.get(view, name, ends[MARK.name] as number)
    },
  }
  return reader
}

/** The token of a query, to be decoded and forgotten. A `+` is one of base64's own characters here, no space. */
export function tokenText(bytes: Buffer, start: number, end: number): string {
  return decodePercent(bytes.toString('latin1', start, end))
}
