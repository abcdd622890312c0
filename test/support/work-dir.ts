import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of this run's own, removed when it is disposed and also when the process exits. */
export interface WorkDir extends AsyncDisposable {
  readonly path: string
  /** A path inside. */
  file(...names: string[]): string
}

/** Makes an empty folder below the system's temporary one; `label` is the beginning of its name. */
export async function createWorkDir(label: string): Promise<WorkDir> {
  const path = await mkdtemp(join(tmpdir(), `${label}-`))
  const removeNow = () => rmSync(path, { recursive: true, force: true })
  process.once('exit', removeNow)
  return {
    path,
    file: (...names) => join(path, ...names),
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true })
      process.off('exit', removeNow)
    },
  }
}
