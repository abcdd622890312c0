import { writeFile } from 'node:fs/promises'
import { csvPieces } from '../../rules/rehearsal/plain-sheet.ts'
import { dayText } from '../../rules/rehearsal/portal-period.ts'
import { detailSheet } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { sumsBy } from '../../rules/rehearsal/rehearsal-sums.ts'
import { dataPaths } from '../config/data-paths.ts'
import { policyInForce } from '../policy/policy-in-force.ts'
import { filterFor } from '../rehearsal/count-scope.ts'
import { countingEdges, policyRehearsalView } from '../rehearsal/count-view.ts'
import { readCounts } from '../rehearsal/read-counts.ts'
import { type Rehearsal, rehearse } from '../rehearsal/rehearse.ts'
import { createWorkbookWriter } from '../rehearsal/write-workbook-apart.ts'
import { createSqliteReportLog } from '../reports/create-sqlite-report-log.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { type OpenControl, openControl, SYSTEM_CLOCK } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

const FLAGS = {
  ...DATA_FLAGS,
  edge: { type: 'string' },
  province: { type: 'string' },
  facility: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  xlsx: { type: 'string' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const
type Values = ReturnType<typeof parseFlags<typeof FLAGS>>['values']
const MOST_FACILITIES = 50

export const rehearsal: Command = {
  name: 'rehearsal',
  summary: 'who is refused at the edges, or would be: by address, or by the account policy',
  usage: `[addresses|policy] --data DIR [options]
  ${DATA_USAGE}
  addresses       whose address is refused, or would be from its date on (without a word: this)
  policy          what rules of the account policy refuse or would refuse, by what edges counted
  --province NN   addresses: only those that a facility of this province has asked for; policy: only facilities that it manages today
  --edge NAME     only what this edge saw (addresses)
  --facility NNNNN   only this facility (policy)
  --from, --to DAY   such as 2026-11-01, in Asia/Ho_Chi_Minh; the last 30 days if left out (policy)
  --csv           every row (policy); --xlsx FILE writes a workbook as well
  --json          as GET /v1/rehearsal or GET /v1/policy-rehearsal answers`,
  example: 'control rehearsal policy --province 01 --xlsx rehearsal.xlsx --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, FLAGS)
    const [kind = 'addresses'] = positionals
    if (kind !== 'addresses' && kind !== 'policy') throw new UsageError('Say addresses or policy')
    const { province, facility } = values
    if (province !== undefined && !/^[0-9]{2}$/.test(province)) throw new UsageError('--province takes two digits')
    if (facility !== undefined && !/^[0-9]{5}$/.test(facility)) throw new UsageError('--facility takes five digits')
    const config = await loadConfig(values)
    await using control = await openControl(config, commandLog(io))
    return await (kind === 'policy' ? ofPolicy(control, values, io) : ofAddresses(control, values, io))
  },
}

async function ofPolicy(control: OpenControl, values: Values, io: CommandIo): Promise<ExitCode> {
  const { from, to, province, facility } = values
  const filter = filterFor({ person: 'local', role: 'operator' }, { from, to, province, facility }, SYSTEM_CLOCK.nowMs())
  const isWhole = values.csv === true || values.xlsx !== undefined
  const { found, edges } = await control.store.read(async (db) => ({
    found: await readCounts(db, filter, isWhole ? 'rows' : 'sums'),
    edges: await countingEdges(db, filter),
  }))
  if (values.xlsx !== undefined) await writeFile(values.xlsx, await createWorkbookWriter()(found.rows), { mode: 0o600 })
  if (values.json === true) {
    const view = policyRehearsalView(filter, found, edges, await policyInForce(control.repository))
    io.stdout.write(`${JSON.stringify(view)}\n`)
  } else if (values.csv === true) for (const piece of csvPieces(detailSheet(found.rows))) io.stdout.write(piece)
  else {
    const line = ({ key, facilities, would, refused, lastMs }: ReturnType<typeof sumsBy>[number]): string =>
      `${[key, facilities, would, refused, new Date(lastMs).toISOString()].join('\t')}\n`
    const facilities = sumsBy(found.rows, ({ facility: code }) => code ?? '-----')
    io.stdout.write(
      [
        '# reason\tfacilities\twould\trefused\tlast\n',
        ...sumsBy(found.rows, ({ reason }) => reason).map(line),
        '# province\n',
        ...sumsBy(found.rows, ({ managing }) => managing ?? '--').map(line),
        '# facility\n',
        ...facilities.slice(0, MOST_FACILITIES).map(line),
      ].join(''),
    )
    if (facilities.length > MOST_FACILITIES) io.stderr.write(`${facilities.length - MOST_FACILITIES} facilities more: --csv\n`)
  }
  const days = `${dayText(filter.period.fromDay)} to ${dayText(filter.period.toDay)}`
  for (const { name, toldAt, judged } of edges) io.stderr.write(`${name}: told last ${toldAt}, counts ${judged.join(' ')}\n`)
  if (edges.length === 0) io.stderr.write(`No edge has told any counts of ${days}.\n`)
  return edges.length === 0 ? 1 : 0
}

async function ofAddresses(control: OpenControl, values: Values, io: CommandIo): Promise<ExitCode> {
  const { edge, province } = values
  const { data, agents } = control.config
  await using reports = createSqliteReportLog(dataPaths(data.dir).reports, agents.reportsKept)
  const found = await rehearse(control.store, reports, { edge, province, nowMs: SYSTEM_CLOCK.nowMs() })
  io.stdout.write(values.json === true ? `${JSON.stringify(found)}\n` : found.sources.map(lineOf).join(''))
  for (const line of edgeLines(found)) io.stderr.write(`${line}\n`)
  return edge !== undefined && found.edges.length === 0 ? 1 : 0
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
