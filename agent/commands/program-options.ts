import { AddressError } from '../../rules/addresses/address-error.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { digestOf } from '../../rules/addresses/block-set-lines.ts'
import { createBlockSet } from '../../rules/addresses/create-block-set.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { FilterProgram, Mode } from '../../rules/firewall/program.ts'
import { UsageError } from './command.ts'

/** What turns a list into a program on the command line, in the shape of `parseArgs`. */
export const PROGRAM_OPTIONS = {
  mode: { type: 'string' as const, default: 'enforce' },
  refuse: { type: 'string' as const, default: 'reset' },
  hook: { type: 'string' as const, multiple: true as const, default: ['input'] },
  ports: { type: 'string' as const, default: '80,443,443/udp' },
  interface: { type: 'string' as const, multiple: true as const, default: [] as string[] },
  management: { type: 'string' as const, multiple: true as const, default: [] as string[] },
}

/** The same in words, for `--help`. */
export const PROGRAM_OPTIONS_USAGE =
  '    --mode MODE          enforce (default) or observe: count and list strangers, refuse blocked sources only\n' +
  '    --refuse WAY         reset (default) or drop\n' +
  '    --hook HOOK          input (default) or forward; twice for both\n' +
  '    --ports LIST         guarded ports, 80,443,443/udp if not given\n' +
  '    --interface NAME     interface to judge, any number of times; all if not given\n' +
  '    --management BLOCK   prefix that nothing can cut off, any number of times\n'

export interface ProgramOptionValues {
  readonly mode: string
  readonly refuse: string
  readonly hook: readonly string[]
  readonly ports: string
  readonly interface: readonly string[]
  readonly management: readonly string[]
}

/** What the options say, without a list: the compilers judge the rest. @throws UsageError */
export function readProgramOptions(values: ProgramOptionValues): (revision: number, approved: BlockSet) => FilterProgram {
  const settings = {
    mode: oneOf<Mode>('--mode', values.mode, ['observe', 'enforce']),
    refuse: oneOf<FilterProgram['refuse']>('--refuse', values.refuse, ['reset', 'drop']),
    hooks: values.hook.map((hook) => oneOf<'input' | 'forward'>('--hook', hook, ['input', 'forward'])),
    guarded: readPorts(values.ports),
    interfaces: values.interface,
    management: createBlockSet(values.management.map(readManagement)),
    blocked: [],
  }
  return (revision, approved) => ({ revision, digest: digestOf(approved), approved, ...settings })
}

/** A whole number from 0 up. @throws UsageError */
export function readCount(option: string, text: string): number {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text)
  throw new UsageError(`${option} must be a whole number from 0 up, is ${JSON.stringify(text)}`)
}

function oneOf<Value extends string>(option: string, given: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === given)
  if (found === undefined) throw new UsageError(`${option} must be ${values.join(' or ')}, is ${JSON.stringify(given)}`)
  return found
}

/** `80,443/tcp,443/udp`, as services(5) writes them; without a protocol it is TCP. */
function readPorts(text: string): FilterProgram['guarded'] {
  const guarded = { tcp: [] as number[], udp: [] as number[] }
  for (const part of text.split(',')) {
    const match = /^([1-9]\d{0,4})(?:\/(tcp|udp))?$/.exec(part.trim())
    if (match === null) throw new UsageError(`--ports must be like 80,443,443/udp, is ${JSON.stringify(text)}`)
    guarded[match[2] === 'udp' ? 'udp' : 'tcp'].push(Number(match[1]))
  }
  return guarded
}

function readManagement(text: string) {
  try {
    return parseBlock(text)
  } catch (cause) {
    if (!(cause instanceof AddressError)) throw cause
    throw new UsageError(`--management takes a block: ${cause.message} (${cause.code})`, { cause })
  }
}
