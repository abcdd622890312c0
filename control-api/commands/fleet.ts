import { heldVerdicts, lastVerdicts, releaseVerdict } from '../fleet/fleet-rows.ts'
import { type FleetVerdictView, viewOf } from '../fleet/fleet-view.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, numberFlag, parseFlags, requireFlag } from './parse-flags.ts'

const MOST_SHOWN = 500

export const fleet: Command = {
  name: 'fleet',
  summary: 'list the accounts that all edges together hold, and why; or take a verdict back',
  usage: `list|release ID --data DIR [options]
  ${DATA_USAGE}
  --all             also what has ended or was taken back (list)
  --reason TEXT     why a verdict is taken back (release)
  --quiet-hours N   hours in which nothing but the rule absolute follows for the account (release; fleet.quietHours if left out)
  --person NAME     who does it, for the audit log
  --json            the list as JSON`,
  example: 'control fleet release verdict-0011223344556677 --reason "vaccination day" --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      ...DATA_FLAGS,
      all: { type: 'boolean' },
      reason: { type: 'string' },
      'quiet-hours': { type: 'string' },
      person: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [action, id] = positionals
    if (action !== 'list' && action !== 'release') throw new UsageError('Say list or release')
    const config = await loadConfig(values)
    const quietHours = numberFlag(values['quiet-hours'], '--quiet-hours', config.fleet.quietHours, [1, 720])
    await using control = await openControl(config, commandLog(io))
    if (action === 'release') {
      const order = { id: requireFlag(id, 'ID of the verdict'), reason: requireFlag(values.reason, '--reason'), quietHours }
      await releaseVerdict(control.store, { person: localPerson(values.person), role: 'operator' }, order, SYSTEM_CLOCK.nowMs())
      io.stderr.write(
        `Released ${order.id}: a running service tells every edge within ${config.fleet.judgeEveryS} s, and what was counted of the account before acts no more; for ${quietHours} h only the absolute limits judge it.\n`,
      )
      return 0
    }
    const rows = await control.store.read((db) => (values.all === true ? lastVerdicts(db, MOST_SHOWN) : heldVerdicts(db)))
    const verdicts = rows.map(viewOf)
    if (values.json === true) io.stdout.write(`${JSON.stringify(verdicts)}\n`)
    else io.stdout.write(verdicts.map(textOf).join(''))
    if (verdicts.length === 0) io.stderr.write('No account is held over all edges.\n')
    return 0
  },
}

/** A line of figures by tabs, and under it why. */
function textOf({
  id,
  facility,
  rule,
  action,
  state,
  until,
  requests,
  edges,
  evidence,
  reason,
  releasedBy,
}: FleetVerdictView): string {
  const end = state === 'held' ? `until ${until}` : state
  const figures = [id, facility ?? '-', action, rule, end, `${requests} look-ups`, `${edges} edges`].join('\t')
  const released = reason === null ? '' : `  taken back by ${releasedBy ?? '-'}: ${reason}\n`
  return `${figures}\n  ${evidence.vi}\n  ${evidence.en}\n${released}`
}
