import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'

/** How a log's rotated files are named: `.1` is the newest; the date and a number; the log itself is a link to such a file. */
export type RotationStyle = 'numbered' | 'dated' | 'linked'

/** How one rotation is done. */
export type RotationKind = 'rename' | 'late' | 'gap' | 'copy' | 'link'

/** A file that held lines: its inode, and how many bytes of whole lines. It may be gone by now. */
export interface LinesFile {
  readonly ino: number
  readonly bytes: number
}

/** A log as a proxy writes it and as logrotate, its like or a script treats it. Synchronous: nothing is written between a copy and its truncation. */
export interface RotatingLog extends Disposable {
  readonly path: string
  readonly kinds: readonly RotationKind[]
  /** Writes whole lines. */
  write(count: number): void
  /** Writes a part of a line; the next `write`, or a rotation, ends it. */
  begin(): void
  rotate(kind: RotationKind, late: number): void
  /** Takes the file away that is written at present; the next write makes another. */
  remove(): void
  /** The files with lines, present and past, that were not forgotten. */
  lines(): readonly LinesFile[]
  /** Forgets all but the present one: they are counted for good. */
  forget(): void
  /** Compresses or removes rotated files as long as `mayGo` says so; how many went. */
  pack(mayGo: (file: LinesFile) => boolean, isCompressed: boolean): number
}

/** @param nextLine gives a line that nobody else writes, without its line feed */
export function createRotatingLog(path: string, style: RotationStyle, nextLine: () => string): RotatingLog {
  let fd: number | undefined
  let begun = ''
  let number = 0
  /** Rotated files that are there, oldest first, by name. */
  let rotated: string[] = []
  /** By inode, those that are not written any more. */
  const past = new Map<number, number>()

  function dated(): string {
    number += 1
    return `${path}-20260302-${String(number).padStart(6, '0')}`
  }

  function descriptor(): number {
    if (style === 'linked' && !existsSync(path)) pointToNew()
    fd ??= openSync(path, 'a')
    return fd
  }

  function pointToNew(): void {
    const target = dated()
    writeFileSync(target, '')
    symlinkSync(target, `${path}.link`)
    renameSync(`${path}.link`, path)
    rotated.push(target)
  }

  function write(count: number): void {
    for (let written = 0; written < count; written += 1) {
      const line = begun === '' ? nextLine() : begun
      begun = ''
      writeSync(descriptor(), `${line}\n`)
    }
  }

  function endBegun(): void {
    if (begun !== '') write(1)
  }

  function noteEnd(): void {
    const { ino, size } = fstatSync(descriptor())
    if (size > 0) past.set(ino, size)
  }

  function reopen(): void {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }

  /** Where the present file goes: `.1`, all others one further, or a name of its own. */
  function nextName(): string {
    if (style !== 'numbered') {
      const name = dated()
      rotated.push(name)
      return name
    }
    for (let at = rotated.length; at >= 1; at -= 1) renameSync(`${path}.${at}`, `${path}.${at + 1}`)
    rotated = [`${path}.${rotated.length + 1}`, ...rotated]
    return `${path}.1`
  }

  function rotateByRename(late: number, isGap: boolean): void {
    descriptor()
    renameSync(path, nextName())
    if (!isGap) closeSync(openSync(path, 'a'))
    endBegun()
    write(late)
    noteEnd()
    reopen()
  }

  function rotateByCopy(): void {
    endBegun()
    descriptor()
    const name = nextName()
    copyFileSync(path, name)
    truncateSync(path, 0)
    const { ino, size } = statSync(name)
    if (size > 0) past.set(ino, size)
  }

  function rotateByLink(late: number): void {
    descriptor()
    const old = fd
    pointToNew()
    fd = old
    endBegun()
    write(late)
    noteEnd()
    reopen()
  }

  return {
    path,
    kinds: style === 'linked' ? ['link'] : ['rename', 'late', 'gap', 'copy'],
    write,
    begin() {
      if (begun !== '') return
      const line = nextLine()
      const cut = 1 + (line.length >> 1)
      writeSync(descriptor(), line.slice(0, cut))
      begun = line.slice(cut)
    },
    rotate(kind, late) {
      if (kind === 'copy') rotateByCopy()
      else if (kind === 'link') rotateByLink(late)
      else rotateByRename(kind === 'late' ? late : 0, kind === 'gap')
    },
    remove() {
      endBegun()
      descriptor()
      noteEnd()
      if (style === 'linked') rmSync(rotated.pop() ?? path)
      rmSync(path, { force: true })
      reopen()
    },
    lines() {
      const { ino, size } = fstatSync(descriptor())
      const begunBytes = begun === '' ? 0 : size - wholeBytes(path)
      return [...[...past].map(([each, bytes]) => ({ ino: each, bytes })), { ino, bytes: size - begunBytes }]
    },
    forget() {
      past.clear()
    },
    pack(mayGo, isCompressed) {
      let gone = 0
      const present = style === 'linked' ? rotated.at(-1) : undefined
      const names = rotated.filter((name) => name !== present)
      // Numbers must stay without a hole: only the oldest go.
      for (const name of names) {
        const { ino, size } = statSync(name)
        if (!mayGo({ ino, bytes: size })) break
        if (isCompressed) writeFileSync(`${name}.gz`, gzipSync(readFileSync(name)))
        rmSync(name)
        rotated = rotated.filter((other) => other !== name)
        gone += 1
      }
      return gone
    },
    [Symbol.dispose]: reopen,
  }
}

/** Up to and with the last line feed. */
function wholeBytes(path: string): number {
  return readFileSync(path).lastIndexOf(10) + 1
}
