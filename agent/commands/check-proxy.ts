import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { findOpenPlaces, OPEN_PLACES } from '../../rules/gate/find-open-places.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { parseWords } from './read-options.ts'

/** Looks for ways around the gate. */
export const checkProxy: Command = {
  name: 'check-proxy',
  summary: 'find the places of an nginx configuration that are past the gate',
  usage:
    '[FILE]\n    FILE   what `nginx -T` printed; standard input if none is named\n  Exit code 0: none; 1: some, each with file and line; 2: no configuration.',
  example: 'nginx -T | agent check-proxy',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { positionals } = parseWords(args, {})
  const [file, ...more] = positionals
  if (more.length > 0) throw new UsageError('Name one file, or none for standard input')
  const { servers, locations, open } = findOpenPlaces(file === undefined ? await text(io.stdin) : await readFile(file, 'utf8'))
  for (const { code, where, file: at, line } of open)
    io.stdout.write(`${at === '' ? 'nginx' : at}:${line}: ${where}: ${OPEN_PLACES[code]} (${code})\n`)
  io.stderr.write(`${servers} servers, ${locations} locations, ${open.length} past the gate\n`)
  if (servers === 0) {
    io.stderr.write('That is no configuration of a web server: give what `nginx -T` prints\n')
    return 2
  }
  return open.length === 0 ? 0 : 1
}
