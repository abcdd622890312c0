import { mkdirSync, readFileSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa, execaSync } from 'execa'
import { until } from './until.ts'

const FILLER = '.filler'

/** A disk of a few megabytes in memory that does what disks do. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Leaves `freeBytes` at most. */
  fill(freeBytes: number): Promise<void>
  /** Gives back what `fill` took. */
  empty(): Promise<void>
  /** Also while files are being written. */
  setReadOnly(isReadOnly: boolean): Promise<void>
}

/** Mounts it at `path`; unmounted when disposed and also when the process exits, and what a killed run left there goes before. */
export async function createSmallDisk(path: string, megabytes: number): Promise<SmallDisk> {
  mkdirSync(path, { recursive: true })
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'edgeward-test', path])
  // A namespace takes over what its mount is at its making, for good: so the whole file system is made read-only, by another mount of it.
  const handle = `${path}.handle`
  mkdirSync(handle, { recursive: true })
  await execa('mount', ['--bind', path, handle])
  const removeNow = () => void execaSync('umount', ['--lazy', handle, path], { reject: false })
  process.once('exit', removeNow)
  const filler = join(path, FILLER)
  return {
    path,
    async fill(freeBytes) {
      await using file = await open(filler, 'w')
      const chunk = Buffer.alloc(4096)
      for (;;) {
        try {
          await file.write(chunk)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          break
        }
      }
      const { size } = await file.stat()
      await file.truncate(Math.max(0, size - freeBytes))
    },
    empty: () => rm(filler, { force: true }),
    async setReadOnly(isReadOnly) {
      // Busy while somebody writes.
      await until(
        `${path} is ${isReadOnly ? 'read-only' : 'writable'}`,
        async () => {
          await execa('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, handle])
          return true
        },
        { everyMs: 5 },
      )
    },
    async [Symbol.asyncDispose]() {
      await execa('umount', ['--lazy', handle, path])
      process.off('exit', removeNow)
    },
  }
}

/** Shows `from` at `path` as well, also in namespaces that were made before. */
export async function bindMount(from: string, path: string): Promise<AsyncDisposable> {
  mkdirSync(path, { recursive: true })
  await execa('mount', ['--bind', from, path])
  const removeNow = () => void execaSync('umount', ['--lazy', path], { reject: false })
  process.once('exit', removeNow)
  return {
    async [Symbol.asyncDispose]() {
      await execa('umount', ['--lazy', path])
      process.off('exit', removeNow)
    },
  }
}

/** Disks that a killed run left mounted below a folder whose name begins so. */
export async function removeStaleDisks(prefix: string): Promise<void> {
  const paths = readFileSync('/proc/self/mounts', 'utf8').matchAll(/^edgeward-test (\S+) tmpfs /gm)
  for (const [, path = ''] of paths) if (path.startsWith(prefix)) await execa('umount', ['--lazy', path], { reject: false })
}
