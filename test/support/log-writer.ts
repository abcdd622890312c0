import { closeSync, copyFileSync, existsSync, openSync, renameSync, rmSync, truncateSync, writeSync } from 'node:fs'

/** Writes a log as a proxy does, and rotates it as logrotate does. Synchronous: nothing happens between two steps of a test. */
export interface LogWriter extends Disposable {
  /** Every line written to its end, in order. */
  readonly lines: readonly string[]
  /** Writes whole lines with numbers of their own. */
  write(count: number): void
  /** Writes a line without its line feed; the next `write` ends it. */
  begin(): void
  /** `mv`, then a new file, then the writer is told. `late` lines still go to the old file. */
  rotateByRename(options?: { late?: number; isRecreated?: boolean }): void
  /** `cp`, then the file is emptied in place. */
  rotateByCopy(): void
  /** Takes the file away; the next write makes a new one. */
  remove(): void
}

export function createLogWriter(path: string, keep = 30): LogWriter {
  const lines: string[] = []
  let begun: string | undefined
  let fd: number | undefined
  const descriptor = () => (fd ??= openSync(path, 'a'))

  function write(count: number): void {
    for (let written = 0; written < count; written++) {
      const line = begun ?? `line ${lines.length} ${'x'.repeat((lines.length * 7919) % 190)}`
      writeSync(descriptor(), `${begun === undefined ? line : line.slice(5)}\n`)
      begun = undefined
      lines.push(line)
    }
  }

  function shift(): void {
    for (let number = keep; number >= 1; number--) {
      if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`)
    }
    rmSync(`${path}.${keep + 1}`, { force: true })
  }

  function reopen(): void {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }

  return {
    lines,
    write,
    begin() {
      if (begun !== undefined) return
      begun = `line ${lines.length} begun`
      writeSync(descriptor(), begun.slice(0, 5))
    },
    rotateByRename({ late = 0, isRecreated = true } = {}) {
      descriptor()
      shift()
      renameSync(path, `${path}.1`)
      if (isRecreated) closeSync(openSync(path, 'a'))
      write(begun === undefined ? late : Math.max(1, late))
      reopen()
    },
    rotateByCopy() {
      if (begun !== undefined) write(1)
      descriptor()
      shift()
      copyFileSync(path, `${path}.1`)
      truncateSync(path, 0)
    },
    remove() {
      if (begun !== undefined) write(1)
      rmSync(path, { force: true })
      reopen()
    },
    [Symbol.dispose]: reopen,
  }
}
