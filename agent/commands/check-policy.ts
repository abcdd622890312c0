import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../rules/config/config-error.ts'
import { compilePolicy, modeOf } from '../../rules/gate/compile-policy.ts'
import { GateError } from '../../rules/gate/gate-error.ts'
import { GATE_RULES } from '../../rules/gate/gate-rule.ts'
import { parsePolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import type { GatePolicy } from '../../rules/gate/policy-options.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { writeFaults } from './load-config.ts'
import { parseWords } from './read-options.ts'

/** Judges a policy of the gate before it is published. */
export const checkPolicy: Command = {
  name: 'check-policy',
  summary: 'say every fault of a gate policy by line and column, or what each rule does at an instant',
  usage:
    'FILE [--at INSTANT] [--json]\n' +
    '    FILE           YAML as central IT writes it, or a signed policy.json\n' +
    '    --at INSTANT   such as 2027-03-01T00:00+07:00; now if nobody says\n' +
    '    --json         what holds, for scripts\n' +
    '  Exit code 0: a policy; 2: faults.',
  example: 'agent check-policy policy.yaml --at 2027-03-01T00:00+07:00',
  run,
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values, positionals } = parseWords(args, { at: { type: 'string' }, json: { type: 'boolean', default: false } })
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('Name one policy file')
  const atMs = values.at === undefined ? Date.now() : findInstantMs(values.at)
  if (atMs === undefined)
    throw new UsageError(
      `--at must be an instant with an offset, such as 2027-03-01T00:00+07:00, is ${JSON.stringify(values.at)}`,
    )
  const policy = readPolicy(file, await readFile(file), io)
  if (policy === undefined) return 2
  const facts = factsOf(policy, atMs)
  io.stdout.write(values.json ? `${JSON.stringify(facts)}\n` : wordsOf(facts))
  return 0
}

function readPolicy(file: string, bytes: Buffer, io: CommandIo): GatePolicy | undefined {
  try {
    return bytes[0] === 0x7b && bytes.includes('"edgeward-policy/')
      ? parsePolicy(bytes).policy
      : parsePolicySource(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof ConfigError) writeFaults(file, error, io)
    else if (error instanceof GateError) io.stderr.write(`${file}: ${error.message} (${error.code})\n`)
    else throw error
    return undefined
  }
}

interface PolicyFacts {
  readonly at: string
  readonly rules: readonly {
    readonly rule: string
    readonly mode: string
    readonly rehearseFrom: string
    readonly enforceFrom: string
  }[]
  readonly retired: readonly { readonly function: string; readonly from: string; readonly isStopped: boolean }[]
  readonly exemptions: { readonly live: number; readonly ended: number }
}

function factsOf(policy: GatePolicy, atMs: number): PolicyFacts {
  const compiled = compilePolicy(policy)
  const live = policy.exemptions.filter(({ until }) => atMs < (findInstantMs(until) ?? 0)).length
  return {
    at: new Date(atMs).toISOString(),
    rules: GATE_RULES.map((rule) => {
      const { rehearseFrom, enforceFrom } = policy[rule]
      return { rule, mode: modeOf(compiled, rule, atMs), rehearseFrom, enforceFrom }
    }),
    retired: policy.retired.functions.map((one) => ({ ...one, isStopped: atMs >= (findInstantMs(one.from) ?? 0) })),
    exemptions: { live, ended: policy.exemptions.length - live },
  }
}

function wordsOf({ at, rules, retired, exemptions }: PolicyFacts): string {
  const dated = (name: string, text: string): string => (text === '' ? '' : `, ${name} from ${text}`)
  return [
    `At ${at}:`,
    ...rules.map(
      ({ rule, mode, rehearseFrom, enforceFrom }) =>
        `  ${rule.padEnd(10)} ${mode}${dated('rehearsed', rehearseFrom)}${dated('enforced', enforceFrom)}`,
    ),
    ...retired.map((one) => `  ${one.function} ${one.isStopped ? 'is stopped' : 'goes on'} (stops ${one.from})`),
    `  ${exemptions.live} exemptions hold, ${exemptions.ended} have ended`,
    '',
  ].join('\n')
}
