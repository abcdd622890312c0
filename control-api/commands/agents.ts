import { createEnrolmentToken } from '../agents/enrolment.ts'
import { type AgentView, listAgents, revokeAgent } from '../agents/list-agents.ts'
import { dataPaths } from '../config/data-paths.ts'
import { createSqliteReportLog } from '../reports/create-sqlite-report-log.ts'
import type { Actor } from '../store/store.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl, SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, requireFlag } from './parse-flags.ts'

export const agents: Command = {
  name: 'agents',
  summary: 'list agents, make an enrolment token, or revoke an agent',
  usage: `list|token|revoke ID --data DIR [options]
  ${DATA_USAGE}
  --reason TEXT   why an agent is revoked
  --person NAME   who does it, for the audit log
  --json          the list as JSON`,
  example: 'control agents token --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      ...DATA_FLAGS,
      reason: { type: 'string' },
      person: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [action, id] = positionals
    if (action !== 'list' && action !== 'token' && action !== 'revoke') throw new UsageError('Say list, token or revoke')
    const config = await loadConfig(values)
    const actor: Actor = { person: localPerson(values.person), role: 'operator' }
    await using control = await openControl(config, commandLog(io))
    const { store, repository, publisher } = control
    const nowMs = SYSTEM_CLOCK.nowMs()
    if (action === 'token') {
      const made = await createEnrolmentToken(
        { store, repository, nowMs, randomBytes: systemBytes },
        actor,
        config.agents.tokenHours,
      )
      io.stdout.write(`${made.token}\n`)
      io.stderr.write(`Can be used once, until ${new Date(made.expiresAtMs).toISOString()}; it is shown this once.\n`)
      return 0
    }
    if (action === 'revoke') {
      await revokeAgent(store, actor, requireFlag(id, 'ID of the agent'), requireFlag(values.reason, '--reason'), nowMs)
      io.stderr.write(`Revoked ${id}; a running service refuses it from now on and closes its stream within seconds.\n`)
      return 0
    }
    await using reports = createSqliteReportLog(dataPaths(config.data.dir).reports, config.agents.reportsKept)
    const { revision } = await publisher.status()
    const list = await listAgents(store, reports, { revision, blocks: publisher.sideVersion('blocks') })
    io.stdout.write(values.json === true ? `${JSON.stringify(list)}\n` : list.map(lineOf).join(''))
    return 0
  },
}

/** `id name revision mode lastReport state proof blocks faults`, by tabs; faults of `watch` and its gate too. */
function lineOf(agent: AgentView): string {
  const { id, name, revision, mode, lastReportAt, proof } = agent
  const blocks = agent.blocks === null ? '-' : `${agent.blocks.version}${agent.blocks.isCurrent ? '' : ' (behind)'}`
  return `${[id, name, revision ?? '-', mode ?? '-', lastReportAt ?? 'never', stateOf(agent), proof ?? '-', blocks, faultsOf(agent)].join('\t')}\n`
}

function faultsOf({ faults }: AgentView): string {
  return [...new Set(faults?.map(({ code }) => code))].join(',') || '-'
}

function stateOf({ revokedAt, fault, proof, isCurrent }: AgentView): string {
  if (revokedAt !== null) return 'revoked'
  if (fault !== null) return fault.code
  if (proof === 'differs') return 'differs'
  return isCurrent === false ? 'behind' : 'ok'
}
