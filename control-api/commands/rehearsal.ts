import { dataPaths } from '../config/data-paths.ts'
import { type Rehearsal, rehearse } from '../rehearsal/rehearse.ts'
import { createSqliteReportLog } from '../reports/create-sqlite-report-log.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const rehearsal: Command = {
  name: 'rehearsal',
  summary: 'who is refused at the edges, or would be from their date on',
  usage: `--data DIR [options]
  ${DATA_USAGE}
  --edge NAME     only what this edge saw
  --province NN   only addresses that a facility of this province has asked for
  --json          as GET /v1/rehearsal answers`,
  example: 'control rehearsal --province 01 --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values } = parseFlags(args, {
      ...DATA_FLAGS,
      edge: { type: 'string' },
      province: { type: 'string' },
      json: { type: 'boolean' },
    })
    const { edge, province } = values
    if (province !== undefined && !/^[0-9]{2}$/.test(province)) throw new UsageError('--province takes two digits')
    const config = await loadConfig(values)
    await using control = await openControl(config, commandLog(io))
    await using reports = createSqliteReportLog(dataPaths(config.data.dir).reports, config.agents.reportsKept)
    const found = await rehearse(control.store, reports, { edge, province, nowMs: SYSTEM_CLOCK.nowMs() })
    io.stdout.write(values.json === true ? `${JSON.stringify(found)}\n` : found.sources.map(lineOf).join(''))
    for (const line of edgeLines(found)) io.stderr.write(`${line}\n`)
    return edge !== undefined && found.edges.length === 0 ? 1 : 0
  },
}

/** `address would-be|refused packets lastAt facilities edges`, by tabs. */
function lineOf({ address, isRefused, packets, lastAt, claims, edges }: Rehearsal['sources'][number]): string {
  const facilities = claims.map(({ facility, province, state }) => `${facility}/${province}:${state}`).join(' ')
  return `${[address, isRefused ? 'refused' : 'would-be', packets, lastAt ?? '-', facilities || '-', edges.join(' ')].join('\t')}\n`
}

function edgeLines({ edges, isCut }: Rehearsal): string[] {
  const lines = edges.map(({ name, mode, sources, isFull, unlistedPackets }) => {
    const full = isFull ? ', its list is full' : ''
    const lost = unlistedPackets === 0 ? '' : `, ${unlistedPackets} packets found no room in it`
    return `${name}: ${mode}, ${sources} sources${full}${lost}`
  })
  if (edges.length === 0) lines.push('No such edge has reported yet.')
  return isCut ? [...lines, 'There are more sources than were looked at.'] : lines
}
