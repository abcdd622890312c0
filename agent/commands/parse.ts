import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { explainFault, explainRequest } from '../../rules/requests/explain-request.ts'
import type { LineFault } from '../../rules/requests/line-fault.ts'
import { createLineParser, LOG_FORMATS, type LogDialect, MAX_LINE_BYTES } from '../../rules/requests/log-format.ts'
import { createMasker } from '../../rules/requests/mask-account.ts'
import { RequestError } from '../../rules/requests/request-error.ts'
import { requestText } from '../../rules/requests/request-text.ts'
import { createClientNames } from '../gate/client-software.ts'
import { createLineSplitter } from '../watch/split-lines.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { LOG_OPTIONS, LOG_USAGE, readLogDialect } from './log-options.ts'

/** Answers each line of an access log on its own line: who asked for what, or `null`. */
export const parse: Command = {
  name: 'parse',
  summary: 'read an access log: one JSON line per line, null where it tells nothing',
  usage:
    `--format ${LOG_FORMATS.join('|')} [--template TEXT] [--haproxy-offset +HH:MM] [--haproxy-user-agent N] [--explain] [--key-file FILE] < LOG\n${LOG_USAGE}` +
    '    --explain              say on standard error, line by line, why it is null, or who was found by which evidence and with which software\n' +
    '    --key-file FILE        mask citizen IDs with the key in FILE (at least 16 bytes); without it, with a key of this run alone',
  example: 'agent parse --format nginx-json < /var/log/nginx/edgeward.log',
  run,
}

interface ParseOptions {
  readonly dialect: LogDialect
  readonly isExplained: boolean
  readonly key: Uint8Array
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const options = readOptions(args)
  const explain = (line: number, words: string): void => {
    if (options.isExplained) io.stderr.write(`line ${line}: ${words}\n`)
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
  const values = valuesOf(args)
  const { explain, 'key-file': keyFile } = values
  return {
    dialect: readLogDialect(values),
    isExplained: explain,
    key: keyFile === undefined ? randomBytes(32) : readKey(keyFile),
  }
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...LOG_OPTIONS, explain: { type: 'boolean', default: false }, 'key-file': { type: 'string' } },
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
  { dialect, key, isExplained }: ParseOptions,
  explain: (line: number, words: string) => void,
): AsyncGenerator<string> {
  const parser = createLineParser(dialect.format, { ...dialect, key })
  const mask = createMasker(key)
  const nameOf = createClientNames()
  let lines = 0
  let answers = ''
  const answer = (request: AttributedRequest | undefined, fault: LineFault | undefined, userAgent?: string): void => {
    lines += 1
    answers += `${request === undefined ? 'null' : requestText(request, mask)}\n`
    if (fault !== undefined) explain(lines, explainFault(fault))
    else if (request !== undefined)
      explain(lines, explainRequest(request, mask, userAgent === undefined ? undefined : nameOf(userAgent)))
  }
  const splitter = createLineSplitter(
    MAX_LINE_BYTES,
    (bytes, start, end) => {
      const request = parser.parse(bytes, start, end)
      answer(request, parser.lastFault, request && isExplained ? parser.findClient(bytes, start, end) : undefined)
    },
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
