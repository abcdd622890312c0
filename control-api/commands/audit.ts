import { type AuditHead, verifyAudit } from '../audit/verify-audit.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { openControl } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'follow the audit log’s hash chain; exit code 1 at the first broken entry',
  usage: `verify --data DIR [options]
  ${DATA_USAGE}
  --head SEQ:HASH   a head that an earlier run printed: shows that nothing was cut off since`,
  example: 'control audit verify --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { ...DATA_FLAGS, head: { type: 'string' } })
    if (positionals[0] !== 'verify') throw new UsageError('Say verify')
    const known = values.head === undefined ? undefined : headOf(values.head)
    await using control = await openControl(await loadConfig(values), commandLog(io))
    const verdict = await verifyAudit(control.store, known)
    if (verdict.kind === 'broken') {
      io.stdout.write(`broken at entry ${verdict.seq}: ${verdict.reason}\n`)
      return 1
    }
    io.stdout.write(`whole: ${verdict.head.seq} entries, head ${verdict.head.seq}:${verdict.head.hash}\n`)
    return 0
  },
}

function headOf(text: string): AuditHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text)
  if (match === null) throw new UsageError(`--head must be SEQ:HASH as verify printed it, is ${JSON.stringify(text)}`)
  return { seq: Number(match[1]), hash: match[2] ?? '' }
}
