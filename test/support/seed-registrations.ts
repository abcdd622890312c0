import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlHost } from './control-host.ts'
import { runOwn } from './run-own.ts'

export const DISPATCH = '1923/BHXH-CNTT'

export interface SeedRow {
  readonly facility: string
  readonly block: string
}

/** The CSV of a form-02 list that adds these rows for one province. */
export function formOf(rows: readonly SeedRow[], province: string): string {
  const header = ['STT', 'Tên CSKCB', 'Mã CSKCB', 'Địa chỉ IP', 'Mã tỉnh', 'Loại']
  const lines = rows.map(({ facility, block }, number) =>
    [number + 1, `Trạm y tế xã mẫu ${facility}`, facility, block, province, 'Thêm mới'].join(','),
  )
  return `${[header.join(','), ...lines].join('\n')}\n`
}

/** Made-up facilities with one address each, all inside one range that is routed in Viet Nam. */
export function seedRows(count: number): readonly SeedRow[] {
  return Array.from({ length: count }, (_, number) => ({
    facility: String(1000 + number).padStart(5, '0'),
    block: `14.${160 + Math.floor(number / 62_500)}.${Math.floor(number / 250) % 250}.${1 + (number % 250)}`,
  }))
}

/** Imports and approves rows as a province and central IT do: by `control import`, and by another person's approval of it. */
export async function seedRegistrations(control: ControlHost, folder: string, rows: readonly SeedRow[]): Promise<void> {
  const file = join(folder, 'form-02.csv')
  await writeFile(file, formOf(rows, '01'))
  const { exitCode, stderr } = await runOwn('control-api/main.ts', [
    'import',
    file,
    '--dispatch',
    DISPATCH,
    '--config',
    control.configFile,
    '--person',
    'province',
  ])
  const id = /^(\S+): \d+ rows/m.exec(stderr)?.[1]
  if (exitCode !== 0 || id === undefined) throw new Error(`control import ended with ${exitCode}: ${stderr}`)
  await control.as('approver').post('/v1/registrations/approve', { importId: id, dispatch: DISPATCH })
}

/** Opens an address as two people do; gives the registration's id. It is in force once it is published. */
export async function openAddress(control: ControlHost, facility: string, block: string): Promise<number> {
  const operator = control.as('operator')
  const order = { facility, facilityName: `Trạm y tế xã mẫu ${facility}`, province: '01', block, dispatch: DISPATCH }
  const { id } = await operator.post<{ id: number }>('/v1/registrations', order)
  await operator.post(`/v1/registrations/${id}/endorse`, { dispatch: DISPATCH })
  await control.as('approver').post(`/v1/registrations/${id}/approve`, { dispatch: DISPATCH })
  return id
}
