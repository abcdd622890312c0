import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { LINE_FAULTS, type LineFault } from '../../rules/requests/line-fault.ts'
import { createLineParser, LOG_FORMATS, type LogFormat, MAX_LINE_BYTES } from '../../rules/requests/log-format.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { RequestError } from '../../rules/requests/request-error.ts'
import { requestText } from '../../rules/requests/request-text.ts'
import { createLineSplitter } from '../watch/split-lines.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'

/** Answers each line of an access log on its own line: who asked for what, or `null`. */
export const parse: Command = {
  name: 'parse',
  summary: 'read an access log: one JSON line per line, null where it tells nothing',
  usage:
    `--format ${LOG_FORMATS.join('|')} [--explain] [--key-file FILE] < LOG\n` +
    '    --explain         say on standard error why a line is null\n' +
    '    --key-file FILE   mask citizen IDs with the key in FILE (at least 16 bytes); without it, with a key of this run alone',
  example: 'agent parse --format nginx-json < /var/log/nginx/edgeward.log',
  run,
}

interface ParseOptions {
  readonly format: LogFormat
  readonly isExplained: boolean
  readonly key: Uint8Array
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = readOptions(args)
  const explain = (line: number, fault: LineFault): void => {
    if (options.isExplained) io.stderr.write(`line ${line}: ${fault} ${LINE_FAULTS[fault]}\n`)
  }
  try {
    await pipeline(io.stdin, (chunks: AsyncIterable<Buffer | string>) => answerLines(chunks, options, explain), io.stdout, {
      end: false,
      signal: io.signal,
    })
  } catch (error) {
    // The reader had enough (`| head`), or somebody pressed Ctrl-C: not every line was answered, and nothing is left to say.
    if (!(error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ABORT_ERR'))) throw error
    return 1
  }
  return 0
}

function readOptions(args: readonly string[]): ParseOptions {
  const { format, explain, 'key-file': keyFile } = valuesOf(args)
  const known = LOG_FORMATS.find((name) => name === format)
  if (known === undefined) {
    const given = format === undefined ? 'it is missing' : `${JSON.stringify(format)} is none of them`
    throw new UsageError(`Cannot read the log: --format must be one of ${LOG_FORMATS.join(', ')}, ${given}`)
  }
  return { format: known, isExplained: explain, key: keyFile === undefined ? randomBytes(32) : readKey(keyFile) }
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { format: { type: 'string' }, explain: { type: 'boolean', default: false }, 'key-file': { type: 'string' } },
    }).values
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function readKey(file: string): Uint8Array {
  try {
    const key = readFileSync(file)
    createMasker(key)
    return key
  } catch (cause) {
    const reason = cause instanceof RequestError || !(cause instanceof Error) ? String(cause) : `Cannot read it: ${cause.message}`
    throw new UsageError(`Cannot use --key-file ${JSON.stringify(file)}: ${reason}`, { cause })
  }
}

/** One piece of answers for each piece of input, so that a slow reader slows the writer. */
async function* answerLines(
  chunks: AsyncIterable<Buffer | string>,
  { format, key }: ParseOptions,
  explain: (line: number, fault: LineFault) => void,
): AsyncGenerator<string> {
  const parser = createLineParser(format, { key })
  const mask = createMasker(key)
  let lines = 0
  let answers = ''
  const answer = (request: AttributedRequest | undefined, fault: LineFault | undefined): void => {
    lines += 1
    answers += `${request === undefined ? 'null' : requestText(request, mask)}\n`
    if (fault !== undefined) explain(lines, fault)
  }
  const splitter = createLineSplitter(
    MAX_LINE_BYTES,
    (bytes, start, end) => answer(parser.parse(bytes, start, end), parser.lastFault),
    () => answer(undefined, 'LINE_TOO_LONG'),
  )
  for await (const chunk of chunks) {
    splitter.push(Buffer.from(chunk))
    if (answers !== '') yield answers
    answers = ''
  }
  splitter.finish()
  if (answers !== '') yield answers
}
