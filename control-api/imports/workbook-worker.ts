import { parentPort, workerData } from 'node:worker_threads'
import { ControlError } from '../http/control-error.ts'
import { readWorkbook } from './read-workbook.ts'
import type { WorkbookPiece, WorkbookTask } from './read-workbook-apart.ts'

/** Rows that travel together: taking them in takes the other side some milliseconds. */
const PIECE_ROWS = 1000

/** The thread's whole life: one workbook in, its sheets or its refusal out, a piece each time it is asked. */
const { bytes, limits } = workerData as WorkbookTask
const pieces = piecesOf()
parentPort?.on('message', () => parentPort?.postMessage(pieces.next().value))

function* piecesOf(): Generator<WorkbookPiece, WorkbookPiece> {
  try {
    for (const { name, isHidden, rows } of readWorkbook(bytes, limits)) {
      yield { kind: 'sheet', name, isHidden }
      for (let at = 0; at < rows.length; at += PIECE_ROWS) yield { kind: 'rows', rows: rows.slice(at, at + PIECE_ROWS) }
    }
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    const { code, message, vi, facts } = error
    yield { kind: 'refused', code, message, vi, facts }
  }
  return { kind: 'end' }
}
