import { isUtf8 } from 'node:buffer'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { AddressError, type AddressErrorCode } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { DEFAULT_REGISTRATION_POLICY, judgeBlock } from '../../rules/addresses/registration-policy.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'

const LINE_FEED = 0x0a
/** More bytes than this are more characters than `findBlockFault` looks at, in any script. What comes after is not kept. */
const MAX_KEPT_BYTES = 1024

/** Answers each line of standard input on its own: what the strict grammar and the registration policy make of it. */
export const addresses: Command = {
  name: 'addresses',
  summary: 'judge addresses, a line each: ok and the canonical form, or refused and why',
  usage:
    '[--grammar-only] < LINES\n    --grammar-only   judge the written form alone; leave out special-purpose ranges and width\n' +
    '  Lines end at a line feed and are taken byte for byte. Exit code 0 when all are ok, 1 when one is refused.',
  example: "printf '8.8.8.8\\n10.0.0.1\\n' | agent addresses",
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const isGrammarOnly = readOptions(args)
  let refused = 0
  const answer = (line: Buffer): string => {
    const verdict = judgeLine(line, isGrammarOnly)
    if (verdict.startsWith('refused')) refused += 1
    return verdict
  }
  try {
    await pipeline(io.stdin, (chunks: AsyncIterable<Buffer | string>) => answerLines(chunks, answer), io.stdout, {
      end: false,
      signal: io.signal,
    })
  } catch (error) {
    // The reader had enough (`| head`), or somebody pressed Ctrl-C: not every line was answered, and nothing is left to say.
    if (!(error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ABORT_ERR'))) throw error
    return 1
  }
  return refused === 0 ? 0 : 1
}

function readOptions(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { 'grammar-only': { type: 'boolean', default: false } } }).values['grammar-only']
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** One piece of answers for each piece of input, so that a slow reader slows the writer. */
async function* answerLines(chunks: AsyncIterable<Buffer | string>, answer: (line: Buffer) => string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  let hasRest = false
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk)
    let answers = ''
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      const line = bytes.subarray(start, end)
      answers += `${answer(hasRest ? joinCut(rest, line) : line)}\n`
      rest = Buffer.alloc(0)
      hasRest = false
      start = end + 1
    }
    if (start < bytes.length) {
      rest = joinCut(rest, bytes.subarray(start))
      hasRest = true
    }
    if (answers !== '') yield answers
  }
  if (hasRest) yield `${answer(rest)}\n`
}

/** Both pieces in one, cut where no judge looks any more: a line of a gigabyte costs a kilobyte. */
function joinCut(first: Buffer, second: Buffer): Buffer {
  const room = MAX_KEPT_BYTES + 1 - first.length
  return room <= 0 ? first : Buffer.concat([first, second.subarray(0, room)])
}

function judgeLine(line: Buffer, isGrammarOnly: boolean): string {
  if (line.length > MAX_KEPT_BYTES) return refuse('TOO_LONG')
  if (!isUtf8(line)) return refuse('NOT_UTF8')
  try {
    const block: Block = parseBlock(line.toString('utf8'))
    if (!isGrammarOnly) judgeBlock(block, DEFAULT_REGISTRATION_POLICY)
    return `ok\t${block}`
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return refuse(error.code)
  }
}

function refuse(code: AddressErrorCode): string {
  return `refused\t${code}`
}
