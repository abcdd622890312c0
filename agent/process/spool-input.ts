import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProgramError } from './program-error.ts'

/**
 * Writes all of `input` to a file without a name and gives it open. A program that reads a pipe takes what came before our death for the whole; with
 * half a list that would be half a firewall. It starts only when everything is written.
 * @throws ProgramError INPUT_UNWRITABLE, and BAD_INPUT where `input` itself throws
 */
export async function spoolInput(input: Iterable<string> | AsyncIterable<string>): Promise<FileHandle> {
  const file = await onDisk(openNameless)
  try {
    let position = 0
    for await (const chunk of input) position = await onDisk(() => writeAt(file, position, Buffer.from(chunk)))
    return file
  } catch (error) {
    await file.close()
    if (error instanceof ProgramError) throw error
    throw new ProgramError('BAD_INPUT', 'Cannot make the input of a program', { cause: error })
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `edgeward-${randomUUID()}`)
  // `wx`: never through a link that somebody else laid there.
  const file = await open(path, 'wx+', 0o600)
  await unlink(path)
  return file
}

/** @throws ProgramError INPUT_UNWRITABLE */
async function onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ProgramError('INPUT_UNWRITABLE', `Cannot write the input of a program below ${tmpdir()}: ${reason}`, { cause })
  }
}

/** With a position of its own, so that the program finds the file's pointer at the start. Gives back where to go on. */
async function writeAt(file: FileHandle, position: number, bytes: Buffer): Promise<number> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
  return position + written
}
