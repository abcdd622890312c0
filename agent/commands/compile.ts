import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { compileIpset } from '../../rules/firewall/compile-ipset.ts'
import { compileIpsetDelta, FIRST_GENERATIONS } from '../../rules/firewall/compile-ipset-delta.ts'
import { compileNft } from '../../rules/firewall/compile-nft.ts'
import { compileNftDelta } from '../../rules/firewall/compile-nft-delta.ts'
import { FilterError } from '../../rules/firewall/filter-error.ts'
import { printIpset } from '../../rules/firewall/print-ipset.ts'
import type { FilterProgram } from '../../rules/firewall/program.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { PROGRAM_OPTIONS, PROGRAM_OPTIONS_USAGE, readCount, readProgramOptions } from './program-options.ts'
import { readBlockList } from './read-block-list.ts'
import { readOptions } from './read-options.ts'

/** The text that a backend would be given. Touches no kernel and needs no rights. */
export const compile: Command = {
  name: 'compile',
  summary: 'print the program of a list as text for nft or ipset and iptables; with --from, only what changes',
  usage:
    '--list FILE [--from FILE] [options]\n' +
    '    --list FILE          one block a line, # begins a comment; - reads standard input\n' +
    '    --from FILE          the list in force: print the delta from it\n' +
    '    --backend NAME       nft (default): text for nft -f; ipset: texts for ipset restore, iptables-restore and ip6tables-restore,\n' +
    '                         each after a line # === that names its tool, for a host that holds only the list of --from, or nothing\n' +
    '    --revision N         number of the list, 1 if not given; --from is taken for the one before\n' +
    PROGRAM_OPTIONS_USAGE +
    '  Only the written form of blocks is judged. Exit code 2 when a line is bad; each is named on standard error.',
  example: 'agent compile --list today.txt --from yesterday.txt --management 192.0.2.0/24 | nft --check -f -',
  run,
}

/** The text that leads from a program, or from nothing, to another. */
const BACKENDS: Readonly<Record<string, (from: FilterProgram | undefined, to: FilterProgram) => Iterable<string>>> = {
  nft: (from, to) => (from === undefined ? compileNft(to) : compileNftDelta(from, to)),
  ipset: (from, to) => printIpset(from === undefined ? compileIpset(to) : compileIpsetDelta(from, to, FIRST_GENERATIONS)),
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const values = readOptions(args, {
    ...PROGRAM_OPTIONS,
    list: { type: 'string' },
    from: { type: 'string' },
    backend: { type: 'string', default: 'nft' },
    revision: { type: 'string', default: '1' },
  })
  if (values.list === undefined) throw new UsageError('Cannot compile nothing: name a list with --list FILE')
  if (values.list === '-' && values.from === '-') throw new UsageError('Cannot read two lists from one standard input')
  const backend = BACKENDS[values.backend]
  if (backend === undefined)
    throw new UsageError(`--backend must be ${Object.keys(BACKENDS).join(' or ')}, is ${JSON.stringify(values.backend)}`)
  const revision = readCount('--revision', values.revision)
  const createProgram = readProgramOptions(values)
  const next = await readBlockList(values.list, io)
  const previous = values.from === undefined ? 'none' : await readBlockList(values.from, io)
  if (next === undefined || previous === undefined) return 2
  const program = createProgram(revision, next)
  const from = previous === 'none' ? undefined : createProgram(Math.max(0, revision - 1), previous)
  return print(() => backend(from, program), io)
}

async function print(createChunks: () => Iterable<string>, io: CommandIo): Promise<ExitCode> {
  try {
    await pipeline(Readable.from(createChunks()), io.stdout, { end: false, signal: io.signal })
    return 0
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`${error.message} (${error.code})`, { cause: error })
    // The reader had enough (`| head`), or somebody pressed Ctrl-C.
    if (error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ABORT_ERR')) return 1
    throw error
  }
}
