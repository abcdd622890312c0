import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { PlainSheet } from '../../rules/rehearsal/plain-sheet.ts'
import { ControlError } from '../http/control-error.ts'
import { createTurns } from '../store/turns.ts'

/** 40,000 rows take a few seconds. */
const TIMEOUT_MS = 60_000
const MAX_HEAP_MB = 1536

/** Writes workbooks in a thread of their own, one at a time: a large one holds up nobody else. */
export function createWorkbookWriter(): (sheets: readonly PlainSheet[]) => Promise<Uint8Array> {
  const inTurn = createTurns()
  return (sheets) => inTurn(() => writeApart(sheets))
}

/** @throws ControlError BUSY where it takes too long */
async function writeApart(sheets: readonly PlainSheet[]): Promise<Uint8Array> {
  const worker = new Worker(new URL('./workbook-worker.ts', import.meta.url), {
    workerData: sheets,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  try {
    const [bytes] = (await once(worker, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) })) as [Uint8Array]
    return bytes
  } catch (cause) {
    throw new ControlError('BUSY', 'The workbook takes too much time or memory to write. Ask for fewer days, or take CSV.', {
      vi: 'Tệp quá lớn; hãy chọn ít ngày hơn hoặc tải CSV.',
      cause,
    })
  } finally {
    await worker.terminate()
  }
}
