import type { RegistrationPolicy } from '../../rules/addresses/registration-policy.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../rules/addresses/registration-policy.ts'
import { findHoldings } from '../registrations/find-holdings.ts'
import { requireDispatch } from '../registrations/require-dispatch.ts'
import type { Actor } from '../store/store.ts'
import { type ColumnMapping, createMappingWords, DEFAULT_COLUMN_MAPPING, type ImportField } from './column-mapping.ts'
import { type FormImport, type ImportFormParts, type ImportOrder, type ImportResult, importForm } from './import-form.ts'
import { type JudgedRow, judgeRows } from './judge-rows.ts'
import { type CellFault, type ReadRow, readCells } from './read-cells.ts'
import type { ImportRow } from './rows-of-table.ts'
import { takeRows } from './take-rows.ts'

export type { ImportOrder, ImportProgress } from './import-form.ts'

export interface ImportParts extends ImportFormParts {
  readonly mapping?: ColumnMapping
  readonly policy?: RegistrationPolicy
}

type ReadOrFault = ReadRow | { readonly row: ImportRow; readonly fault: CellFault }

/**
 * Reads a form-02 workbook of addresses and takes its rows, as `importForm` does.
 * @throws ControlError with a code of IMPORT_ERRORS, BAD_FIELDS, PROVINCE_UNKNOWN
 */
export function importWorkbook(parts: ImportParts, actor: Actor, file: Uint8Array, order: ImportOrder): Promise<ImportResult> {
  return importForm(parts, actor, file, order, addressImport(parts, order))
}

function addressImport(parts: ImportParts, order: ImportOrder): FormImport<ImportField, ReadOrFault, JudgedRow> {
  const policy = parts.policy ?? DEFAULT_REGISTRATION_POLICY
  return {
    words: createMappingWords(parts.mapping ?? DEFAULT_COLUMN_MAPPING),
    read(row) {
      const result = readCells(row, { province: order.province, policy, atMs: parts.clock.nowMs() })
      return 'code' in result ? { row, fault: result } : result
    },
    async judge(change, read, sheet) {
      const blocks = read.flatMap((row) => ('fault' in row ? [] : [row.block]))
      const holdings = await findHoldings(change.db, blocks, change.atMs)
      const dispatch = requireDispatch(order.dispatch)
      return judgeRows(read, { sheet, dispatch, effectiveFromMs: order.effectiveFromMs ?? change.atMs, holdings })
    },
    lineOf: ({ verdict }) => `${verdict.verdict}\t${verdict.facility}\t${verdict.block}\n`,
    take: (change, judged, options) => takeRows(change, judged, options),
  }
}
