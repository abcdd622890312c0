import { join } from 'node:path'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { MAX_GRANTS } from '../../rules/grants/grants-document.ts'
import { readRegular } from '../memory/read-regular.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { EdgeGateError } from './edge-gate-error.ts'
import { RehearsalRow, type SavedRehearsal } from './rehearsal-book.ts'

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const MODE = 0o600
/** Rows in one piece: what is asked between two of them does not wait for all. */
const PIECE_ROWS = 50

/** What the gate must not forget over a restart: how far time had come, the newest version of each document, and look-ups under grants that central may not know. */
export const GateMark = Type.Object(
  {
    format: Type.Literal('edgeward-gate-mark/1'),
    markMs: count,
    signedMs: count,
    versions: Type.Object({ policy: count, users: count, grants: count, blocks: count }, { additionalProperties: false }),
    uses: Type.Optional(
      Type.Array(
        Type.Object({ token: Type.String({ pattern: '^[a-p]{16}$' }), usedAtMs: count }, { additionalProperties: false }),
        { maxItems: MAX_GRANTS },
      ),
    ),
  },
  { additionalProperties: false },
)
export type GateMark = Static<typeof GateMark>

const RehearsalHead = Type.Object(
  { format: Type.Literal('edgeward-rehearsal/1'), sinceMs: count, unlisted: count, rows: count },
  { additionalProperties: false },
)

/** The gate's own files in the state folder of `watch`. */
export interface GateMemory {
  readMark(onFault: (fault: EdgeGateError) => void): Promise<GateMark | undefined>
  /** @throws MemoryError STATE_UNWRITABLE */
  writeMark(mark: GateMark): Promise<void>
  readRehearsal(onFault: (fault: EdgeGateError) => void): Promise<SavedRehearsal | undefined>
  /** @throws MemoryError STATE_UNWRITABLE */
  writeRehearsal(rehearsal: SavedRehearsal): Promise<void>
}

export function createGateMemory(stateDir: string): GateMemory {
  const markPath = join(stateDir, 'gate-mark.json')
  const rehearsalPath = join(stateDir, 'rehearsal.jsonl')
  return {
    async readMark(onFault) {
      const text = await readIfThere(markPath, 'GATE_MARK_BROKEN', onFault)
      return text === undefined ? undefined : parseAs(GateMark, text, markPath, 'GATE_MARK_BROKEN', onFault)
    },
    writeMark: (mark) => writeDurably(markPath, [`${JSON.stringify(mark)}\n`], MODE),
    async readRehearsal(onFault) {
      const text = await readIfThere(rehearsalPath, 'GATE_REHEARSAL_BROKEN', onFault)
      if (text === undefined) return undefined
      const [first = '', ...lines] = text.trimEnd().split('\n')
      const head = parseAs(RehearsalHead, first, rehearsalPath, 'GATE_REHEARSAL_BROKEN', onFault)
      if (head === undefined) return undefined
      const rows = parseAs(Type.Array(RehearsalRow), `[${lines.join()}]`, rehearsalPath, 'GATE_REHEARSAL_BROKEN', onFault)
      if (rows === undefined || rows.length !== head.rows) return undefined
      return { sinceMs: head.sinceMs, unlisted: head.unlisted, rows }
    },
    writeRehearsal: (rehearsal) => writeDurably(rehearsalPath, piecesOf(rehearsal), MODE),
  }
}

function* piecesOf({ sinceMs, unlisted, rows }: SavedRehearsal): Generator<string> {
  yield `${JSON.stringify({ format: 'edgeward-rehearsal/1', sinceMs, unlisted, rows: rows.length })}\n`
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    yield rows
      .slice(from, from + PIECE_ROWS)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('')
  }
}

async function readIfThere(
  path: string,
  code: 'GATE_MARK_BROKEN' | 'GATE_REHEARSAL_BROKEN',
  onFault: (fault: EdgeGateError) => void,
): Promise<string | undefined> {
  try {
    return (await readRegular(path)).toString('utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
      onFault(new EdgeGateError(code, `Cannot use ${JSON.stringify(path)}: ${String(cause)}`, { cause }))
    return undefined
  }
}

function parseAs<S extends TSchema>(
  schema: S,
  text: string,
  path: string,
  code: 'GATE_MARK_BROKEN' | 'GATE_REHEARSAL_BROKEN',
  onFault: (fault: EdgeGateError) => void,
): Static<S> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(schema, value)) return value
    onFault(new EdgeGateError(code, `Cannot use ${JSON.stringify(path)}: it does not hold what was written`))
  } catch (cause) {
    onFault(new EdgeGateError(code, `Cannot use ${JSON.stringify(path)}: it is torn`, { cause }))
  }
  return undefined
}
