import { parentPort, workerData } from 'node:worker_threads'
import { ControlError } from '../http/control-error.ts'
import { readWorkbook } from './read-workbook.ts'
import type { WorkbookAnswer, WorkbookTask } from './read-workbook-apart.ts'

/** The thread's whole life: one workbook in, its sheets or its refusal out. */
const { bytes, limits } = workerData as WorkbookTask
parentPort?.postMessage(answerOf())

function answerOf(): WorkbookAnswer {
  try {
    return { kind: 'sheets', sheets: readWorkbook(bytes, limits) }
  } catch (error) {
    if (!(error instanceof ControlError)) throw error
    const { code, message, vi, facts } = error
    return { kind: 'refused', code, message, vi, facts }
  }
}
