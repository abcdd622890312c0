import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { PublishOrder } from '../publication/publisher.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const publish: Command = {
  name: 'publish',
  summary: 'publish the approvals in effect now as the next revision; also beside a running service',
  usage: `--data DIR [options]
  ${DATA_USAGE}
  --mode observe|enforce    from now on; left out: as before
  --enforce-from INSTANT    ISO 8601 with offset, or "none" to take the date away
  --note TEXT               kept with the revision
  --force                   a new number even if nothing differs
  --person NAME             who publishes, for the audit log
  --json                    the figures as JSON`,
  example: 'control publish --data /var/lib/edgeward-control --enforce-from 2024-07-27T00:00+07:00',
  async run(args, io) {
    const { values } = parseFlags(args, {
      ...DATA_FLAGS,
      mode: { type: 'string' },
      'enforce-from': { type: 'string' },
      note: { type: 'string' },
      force: { type: 'boolean' },
      person: { type: 'string' },
      json: { type: 'boolean' },
    })
    const order = {
      ...orderOf(values.mode, values['enforce-from']),
      ...(values.note === undefined ? {} : { note: values.note }),
      force: values.force === true,
    }
    await using control = await openControl(await loadConfig(values), commandLog(io))
    const { isNew, ...figures } = await control.publisher.publish({ person: localPerson(values.person), role: 'approver' }, order)
    if (values.json === true) io.stdout.write(`${JSON.stringify({ ...figures, isNew })}\n`)
    else if (isNew)
      io.stdout.write(
        `revision ${figures.revision}: ${figures.entries} blocks, ${figures.added} added, ${figures.removed} removed, digest ${figures.digest}\n`,
      )
    else io.stdout.write(`revision ${figures.revision} stays: nothing differs\n`)
    return 0
  },
}

function orderOf(mode: string | undefined, enforceFrom: string | undefined): PublishOrder {
  if (mode !== undefined && mode !== 'observe' && mode !== 'enforce')
    throw new UsageError(`--mode must be observe or enforce, is ${JSON.stringify(mode)}`)
  if (enforceFrom !== undefined && enforceFrom !== 'none' && findInstantMs(enforceFrom) === undefined) {
    throw new UsageError(
      `--enforce-from must be an instant with offset, like 2024-07-27T00:00+07:00, is ${JSON.stringify(enforceFrom)}`,
    )
  }
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(enforceFrom === undefined ? {} : { enforceFrom: enforceFrom === 'none' ? null : enforceFrom }),
  }
}
