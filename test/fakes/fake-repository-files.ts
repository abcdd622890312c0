import { type RepositoryFiles, UNFINISHED } from '../../control-api/publication/repository-files.ts'

/** A process that was killed at the step it was told to die at. */
export class Killed extends Error {}

export interface FakeRepositoryFiles extends RepositoryFiles {
  /** Steps that changed something since the start: a write is two (beside, rename), a removal one. */
  readonly steps: number
  /** The process dies at the given step: that one and whatever comes after it throws. `Infinity` starts the next process. */
  killAt(step: number): void
  /** What a client would be served. */
  readonly entries: ReadonlyMap<string, Buffer>
}

/** The repository's files in memory; dies between any two steps on request. */
export function createFakeRepositoryFiles(): FakeRepositoryFiles {
  const entries = new Map<string, Buffer>()
  let steps = 0
  let last = Number.POSITIVE_INFINITY
  let isDead = false
  const live = (): void => {
    if (isDead) throw new Killed(`killed before step ${steps + 1}`)
  }
  const step = (change: () => void): void => {
    isDead ||= steps >= last
    live()
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
      isDead = false
    },
    async find(path) {
      live()
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
      live()
      return [...entries.keys()].sort()
    },
  }
}
