import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOT = new URL('../', import.meta.url).pathname
/** Beside the checkout's other leavings; nothing in it is needed but to go on. */
export const KEPT_FOLDER = join(ROOT, '.bench')
/** What the outcome of a play depends on. */
const CODE = ['rules/detect/**/*.ts', 'rules/tallies/**/*.ts', 'rules/verdicts/**/*.ts', 'test/support/scenarios/*.ts']

/** Names the code that is played, so that results of other code are never taken for its own. */
export function codeName(): string {
  const hash = createHash('sha256')
  const paths = CODE.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted()
  for (const path of paths) hash.update(path).update(readFileSync(join(ROOT, path)))
  return hash.digest('hex').slice(0, 12)
}

/** Results by key, written down one by one: whoever is interrupted goes on where he was. */
export interface KeptPlays<T> {
  find(key: string): T | undefined
  keep(key: string, play: T): void
}

/** @param code only results of this code are found */
export function openKeptPlays<T>(path: string, code: string): KeptPlays<T> {
  const held = new Map<string, T>()
  if (existsSync(path)) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const row = parsedRow<T>(line)
      if (row?.code === code) held.set(row.key, row.play)
    }
  }
  return {
    find: (key) => held.get(key),
    keep(key, play) {
      held.set(key, play)
      mkdirSync(dirname(path), { recursive: true })
      appendFileSync(path, `${JSON.stringify({ code, key, play })}\n`)
    },
  }
}

/** Nothing for a line that an interruption tore. */
function parsedRow<T>(line: string): { code: string; key: string; play: T } | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
