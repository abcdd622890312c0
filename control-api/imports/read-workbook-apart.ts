import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ControlError, type ControlErrorCode } from '../http/control-error.ts'
import type { ImportLimits, Sheet, SheetRow } from './sheet.ts'

export interface WorkbookTask {
  readonly bytes: Uint8Array
  readonly limits: ImportLimits
}

/** What the thread gives each time it is asked; rows belong to the sheet named last. */
export type WorkbookPiece =
  | { readonly kind: 'sheet'; readonly name: string; readonly isHidden: boolean }
  | { readonly kind: 'rows'; readonly rows: readonly SheetRow[] }
  | { readonly kind: 'end' }
  | {
      readonly kind: 'refused'
      readonly code: ControlErrorCode
      readonly message: string
      readonly vi: string | undefined
      readonly facts: Readonly<Record<string, unknown>>
    }

/** A workbook of 100,000 rows takes a few seconds; one that takes longer is made to take long. */
const TIMEOUT_MS = 60_000
const MAX_HEAP_MB = 1024

/**
 * `readWorkbook` in a thread of its own, with a heap and a time of its own: a large or hostile workbook holds up nobody else and takes nothing down.
 * @throws ControlError with a code of IMPORT_ERRORS
 */
export async function readWorkbookApart(bytes: Uint8Array, limits: ImportLimits, timeoutMs = TIMEOUT_MS): Promise<Sheet[]> {
  const workerData: WorkbookTask = { bytes, limits }
  const worker = new Worker(new URL('./workbook-worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  const signal = AbortSignal.timeout(timeoutMs)
  const sheets: (Sheet & { readonly rows: SheetRow[] })[] = []
  try {
    for (;;) {
      // All at once, 100,000 rows would take seconds to take in, and nobody else would be answered meanwhile.
      const answered = once(worker, 'message', { signal })
      worker.postMessage('next')
      const [piece] = (await answered) as [WorkbookPiece]
      if (piece.kind === 'end') return sheets
      if (piece.kind === 'sheet') sheets.push({ name: piece.name, isHidden: piece.isHidden, rows: [] })
      else if (piece.kind === 'rows') sheets.at(-1)?.rows.push(...piece.rows)
      else {
        const { code, message, vi, facts } = piece
        throw new ControlError(code, message, { facts, ...(vi === undefined ? {} : { vi }) })
      }
    }
  } catch (error) {
    throw isOverrun(error) ? tooHeavy(error) : error
  } finally {
    await worker.terminate()
  }
}

/** The time was up, or the heap was full. https://nodejs.org/api/errors.html#err_worker_out_of_memory */
function isOverrun(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'))
}

function tooHeavy(cause: unknown): ControlError {
  return new ControlError('FILE_TOO_LARGE', 'The workbook takes too much time or memory to read. Split it, or send it as CSV.', {
    vi: 'Tệp quá nặng để đọc; hãy chia nhỏ hoặc gửi dạng CSV.',
    cause,
  })
}
