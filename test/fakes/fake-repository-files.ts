import { type RepositoryFiles, UNFINISHED } from '../../control-api/publication/repository-files.ts'

/** A process that was killed at the step it was told to die at. */
export class Killed extends Error {}

export interface FakeRepositoryFiles extends RepositoryFiles {
  /** Steps that changed something since the start: a write is two (beside, rename), a removal one. */
  readonly steps: number
  /** From the given step on nothing is done and everything throws: the process is dead. `Infinity` lets it live. */
  killAt(step: number): void
  /** What a client would be served. */
  readonly entries: ReadonlyMap<string, Buffer>
}

/** The repository's files in memory; dies between any two steps on request. */
export function createFakeRepositoryFiles(): FakeRepositoryFiles {
  const entries = new Map<string, Buffer>()
  let steps = 0
  let last = Number.POSITIVE_INFINITY
  const step = (change: () => void): void => {
    if (steps >= last) throw new Killed(`killed before step ${steps + 1}`)
    change()
    steps += 1
  }
  return {
    entries,
    get steps() {
      return steps
    },
    killAt(at) {
      last = at
    },
    async find(path) {
      if (steps >= last) throw new Killed(`killed before reading ${path}`)
      const bytes = entries.get(path)
      return bytes === undefined ? undefined : Buffer.from(bytes)
    },
    async write(path, bytes) {
      const half = Buffer.from(bytes).subarray(0, Math.floor(bytes.length / 2))
      step(() => entries.set(`${path}${UNFINISHED}`, half))
      step(() => {
        entries.delete(`${path}${UNFINISHED}`)
        entries.set(path, Buffer.from(bytes))
      })
    },
    async remove(path) {
      step(() => entries.delete(path))
    },
    async list() {
      if (steps >= last) throw new Killed('killed before listing')
      return [...entries.keys()].sort()
    },
  }
}
