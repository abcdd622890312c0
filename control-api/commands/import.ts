import { readFile } from 'node:fs/promises'
import { changeMapping } from '../imports/column-mapping.ts'
import { importWorkbook } from '../imports/import-workbook.ts'
import { importUsers } from '../users/import-users.ts'
import { openUserKeys } from '../users/open-users-desk.ts'
import { type Command, UsageError } from './command.ts'
import { commandLog } from './command-log.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, openControl, SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, requireFlag } from './parse-flags.ts'

const FORMS = ['02/th-ip-ctn', '01/dk-ctn', '02/dk-ctn'] as const
const ACCEPTS = ['all', 'valid', 'none'] as const

export const importFile: Command = {
  name: 'import',
  summary: 'read a form (XLSX or CSV), judge every row, and take the rows',
  usage: `FILE --dispatch NUMBER --data DIR [options]
  ${DATA_USAGE}
  --dispatch NUMBER   of the letter that came with the file
  --form NUMBER       02/th-ip-ctn: addresses (the default); 01/dk-ctn: named users; 02/dk-ctn: their approvers
  --province NN       of rows that name none
  --facility NNNNN    of users that name none: a facility's own list
  --accept HOW        all: nothing while a row is refused (the default); valid: the valid rows; none: only judge
  --sheet NAME        where more than one sheet has a table
  --force             read a file again that was taken before
  --person NAME       who imports, for the audit log; somebody else must approve
  --json              a JSON line per row`,
  example:
    'control import th-ip-ctn.xlsx --province 75 --dispatch 1185/BHXH-CNTT --accept valid --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, {
      ...DATA_FLAGS,
      dispatch: { type: 'string' },
      form: { type: 'string', default: '02/th-ip-ctn' },
      province: { type: 'string' },
      facility: { type: 'string' },
      accept: { type: 'string', default: 'all' },
      sheet: { type: 'string' },
      force: { type: 'boolean' },
      person: { type: 'string' },
      json: { type: 'boolean' },
    })
    const path = requireFlag(positionals[0], 'FILE')
    const dispatch = requireFlag(values.dispatch, '--dispatch')
    const accept = ACCEPTS.find((name) => name === values.accept)
    if (accept === undefined) throw new UsageError(`--accept must be all, valid or none, is ${JSON.stringify(values.accept)}`)
    const form = FORMS.find((number) => number === values.form)
    if (form === undefined) throw new UsageError(`--form must be ${FORMS.join(', ')}, is ${JSON.stringify(values.form)}`)
    const { province, facility, sheet, force } = values
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new UsageError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    })
    const config = await loadConfig(values)
    await using control = await openControl(config, commandLog(io))
    const { store } = control
    const actor = { person: localPerson(values.person), role: 'operator' } as const
    const parts = { store, clock: SYSTEM_CLOCK, randomBytes: systemBytes }
    const order = { dispatch, accept, province, facility, sheet, force }
    const result =
      form === '02/th-ip-ctn'
        ? await importWorkbook({ ...parts, mapping: changeMapping(config.imports) }, actor, bytes, order)
        : await importUsers({ ...parts, keys: await openUserKeys(control), mapping: config.users }, actor, bytes, order, form)
    const { row, verdicts } = await store.read(async (db) => ({
      row: await db.selectFrom('import').selectAll().where('id', '=', result.importId).executeTakeFirstOrThrow(),
      verdicts: await db
        .selectFrom('import_verdict')
        .selectAll()
        .where('import_id', '=', result.importId)
        .orderBy('seq')
        .execute(),
    }))
    for (const verdict of verdicts) {
      const { row: line, verdict: kind, code, facility, block, message_en } = verdict
      const shown = { row: line, verdict: kind, code, facility, block, message: message_en, messageVi: verdict.message_vi }
      if (values.json === true) io.stdout.write(`${JSON.stringify(shown)}\n`)
      else io.stdout.write(`${[line, kind, code ?? '', facility, block, message_en].join('\t')}\n`)
    }
    io.stderr.write(
      `${row.id}: ${row.rows} rows, ${row.adds} to add, ${row.changes > 0 ? `${row.changes} to change, ` : ''}${row.cancels} to cancel, ${row.unchanged} unchanged, ${row.refused} refused. ` +
        `${result.isTaken ? 'Taken' : 'Nothing was taken'}${result.isNew ? '' : ' (this file was read before)'}.\n`,
    )
    return result.isTaken || accept === 'none' ? 0 : 1
  },
}
