import { Value } from 'typebox/value'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { readBody, sendRequest } from '../control/http-request.ts'
import { RehearsalRow, type SavedRehearsal } from './rehearsal-book.ts'

const MAX_ANSWER_BYTES = 256 * 1_048_576
const TIMEOUT_MS = 10_000

/** The rows that the gate of this host keeps; `undefined` where `watch` keeps no gate. @throws the system's own error where nobody answers */
export async function askRehearsal(socketPath: string, signal: AbortSignal): Promise<SavedRehearsal | undefined> {
  const url = new URL('http://watch/rehearsal')
  const answer = await sendRequest({ url, socketPath, method: 'GET', headers: {}, idleTimeoutMs: TIMEOUT_MS, signal })
  const told = JSON.parse(String(await readBody(answer, MAX_ANSWER_BYTES))) as {
    rows?: unknown
    since?: string
    unlisted?: number
  }
  if (!Array.isArray(told.rows)) return undefined
  const rows = told.rows.filter((row): row is RehearsalRow => Value.Check(RehearsalRow, row))
  return { rows, sinceMs: findInstantMs(told.since ?? '') ?? 0, unlisted: told.unlisted ?? 0 }
}
