import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { AddressError } from '../../rules/addresses/address-error.ts'
import { wordsOf } from '../../rules/addresses/block-bits.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { createBlockWords, readBlockWords } from '../../rules/addresses/block-words.ts'
import { createBlockSetBuilder } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { type CommandIo, UsageError } from './command.ts'

const LINE_FEED = 0x0a

/**
 * Reads a list of one block a line; `#` begins a comment, empty lines count for nothing, `-` is standard input. Only the written form is judged. `undefined` where a
 * line is bad: every one of them stands on standard error then, as `FILE:LINE: CODE message`.
 * @throws UsageError where the file cannot be read
 */
export async function readBlockList(file: string, io: CommandIo): Promise<BlockSet | undefined> {
  const bytes = await readBytes(file, io)
  const name = file === '-' ? '<stdin>' : file
  const builder = createBlockSetBuilder()
  const words = createBlockWords()
  const faults: string[] = []
  let number = 0
  for (const line of linesOf(bytes)) {
    number += 1
    try {
      const text = withoutComment(line)
      if (text === '') continue
      // Most lines are canonical already; the strict grammar judges, and words, the others.
      if (readBlockWords(text, 0, text.length, words)) builder.add(words)
      else builder.add(wordsOf(parseBlock(text)))
    } catch (error) {
      if (!(error instanceof AddressError)) throw error
      faults.push(`${name}:${number}: ${error.code} ${error.message}\n`)
    }
  }
  if (faults.length === 0) return builder.build()
  io.stderr.write(
    `${faults.join('')}${faults.length === 1 ? 'One bad line' : `${faults.length} bad lines`} in ${name}; nothing was done.\n`,
  )
  return undefined
}

async function readBytes(file: string, io: CommandIo): Promise<Buffer> {
  if (file === '-') return buffer(io.stdin)
  try {
    return await readFile(file)
  } catch (cause) {
    throw new UsageError(
      `Cannot read the list ${JSON.stringify(file)}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

function* linesOf(bytes: Buffer): Generator<Buffer> {
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(LINE_FEED, start)
    yield bytes.subarray(start, end < 0 ? bytes.length : end)
    start = end < 0 ? bytes.length : end + 1
  }
}

/** The text before `#`, where there is one, without the spaces that set the comment off. */
function withoutComment(line: Buffer): string {
  const text = line.toString('latin1')
  const hash = text.indexOf('#')
  if (hash >= 0) return text.slice(0, hash).trimEnd()
  if (!isUtf8(line)) throw new AddressError('NOT_UTF8', 'Cannot read the line: its bytes are not valid UTF-8')
  return line.toString('utf8')
}
