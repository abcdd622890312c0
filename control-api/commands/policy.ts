import { readFile } from 'node:fs/promises'
import { ConfigError } from '../../rules/config/config-error.ts'
import { parsePolicySource } from '../../rules/gate/policy-document.ts'
import { publishPolicy, readPolicy } from '../policy/publish-policy.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, requireFlag } from './parse-flags.ts'

export const policy: Command = {
  name: 'policy',
  summary: 'sign the account policy of the gate from a YAML file; also beside a running service',
  usage: `publish FILE|check FILE|show --data DIR [options]
  ${DATA_USAGE}
  --note TEXT     kept in the audit log (publish)
  --person NAME   who publishes, for the audit log
  check tells every fault by path, line and column, and needs no data folder; show prints what edges go by`,
  example: 'control policy publish policy.yaml --note 1923/BHXH-CNTT --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { ...DATA_FLAGS, note: { type: 'string' }, person: { type: 'string' } })
    const [action, file] = positionals
    if (action !== 'publish' && action !== 'check' && action !== 'show') throw new UsageError('Say publish, check or show')
    const source = action === 'show' ? '' : await readSource(requireFlag(file, 'FILE'))
    try {
      parsePolicySource(source)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      io.stderr.write(`${error.message}\n`)
      return 2
    }
    if (action === 'check') {
      io.stderr.write('The policy can be published.\n')
      return 0
    }
    await using control = await openControl(await loadConfig(values), commandLog(io))
    if (action === 'show') {
      const bytes = await readPolicy(control.repository)
      if (bytes === undefined)
        io.stderr.write('No policy was published yet: edges go by their own files, or by the shipped default.\n')
      else io.stdout.write(bytes)
      return bytes === undefined ? 1 : 0
    }
    const actor = { person: localPerson(values.person), role: 'approver' } as const
    const { version, isNew } = await publishPolicy(control, actor, source, values.note)
    io.stdout.write(isNew ? `policy ${version}\n` : `policy ${version} stays: nothing differs\n`)
    return 0
  },
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
