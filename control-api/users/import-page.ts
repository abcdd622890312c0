import { Readable } from 'node:stream'
import { provinceCodesAt } from '../../rules/provinces/province-names.ts'
import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { provinceOf } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { FieldFault } from '../http/control-error.ts'
import { CSV_HEAD, verdictLine } from '../imports/verdicts-csv.ts'
import type { ConsolePage, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { choiceField, fileField, textField } from '../pages/form-fields.ts'
import { manyWrong, readDispatch, tryRead } from '../pages/form-reading.ts'
import { html } from '../pages/html.ts'
import { both } from '../pages/page.ts'
import { refusalNotice } from '../pages/refusal-notice.ts'
import { NEW_FORM, type SentForm } from '../pages/sent-form.ts'
import { templateCsv, templateXlsx } from './form-template.ts'
import { importResult } from './import-page-html.ts'
import { importUsers } from './import-users.ts'
import { readOwnImport, readVerdicts } from './own-imports.ts'
import { dispatchField } from './user-form-html.ts'
import { APPROVER_FORM, USER_FORM, userMapping } from './user-forms.ts'

export const IMPORTS = '/console/imports'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const SHOWN_VERDICTS = 200
const CSV_PAGE_ROWS = 1000
/** Who sees what became of a file. */
const READERS: readonly ConsoleRole[] = ['facility', 'operator', 'province-operator', 'approver', 'province-approver']

const PAGES = [
  {
    form: USER_FORM,
    path: '/console/users/import',
    roles: ['facility', 'operator', 'province-operator'],
    title: { vi: 'Nhập người dùng từ tệp (mẫu 01/dk-ctn)', en: 'Users from a file' },
  },
  {
    form: APPROVER_FORM,
    path: '/console/approvers/import',
    roles: ['operator', 'province-operator'],
    title: { vi: 'Nhập người phê duyệt từ tệp (mẫu 02/dk-ctn)', en: 'Approvers from a file' },
  },
] as const satisfies readonly { readonly roles: readonly ConsoleRole[]; readonly [other: string]: unknown }[]

/** `/console/users/import`, `/console/approvers/import`: the forms as files, and `/console/imports/:id`: what became of each row. */
export function registerImportPages(site: ConsoleSite, context: ControlContext): void {
  const { store, clock, config, users } = context
  for (const { form, path, roles, title } of PAGES) {
    const show = async (visit: ConsoleVisit, sent: SentForm): Promise<ConsolePage> => ({
      title,
      body: html`<p>Tệp Excel (.xlsx) hoặc CSV, tối đa 100.000 dòng. Mỗi dòng được kiểm tra; nếu có một dòng sai thì không dòng nào được nhập. <span class="en" lang="en">While one row is wrong, none is taken.</span></p>
<p>Tệp mẫu: <a href="${path}/template?kind=xlsx">Excel (.xlsx)</a> · <a href="${path}/template?kind=csv">CSV</a> <span class="en" lang="en">Templates</span></p>
${refusalNotice(sent)}<form method="post" action="${path}/send" enctype="multipart/form-data">${visit.formField}
${fileField(sent, 'file', { words: { vi: 'Tệp', en: 'File' }, more: html`accept=".xlsx,.csv,text/csv,${XLSX}" required`, ...(sent.isSent ? { hint: { vi: 'Trình duyệt không giữ lại tệp: hãy chọn lại.', en: 'Choose the file again.' } } : {}) })}
${fields(visit, form, sent, clock.nowMs())}
${dispatchField(sent)}
<fieldset><label><input type="checkbox" name="check" value="1"${sent.valueOf('check') === '1' ? html` checked` : ''}>${both({ vi: 'Chỉ kiểm tra thử, chưa nhập', en: 'Only check, take nothing' })}</label></fieldset>
<button>Gửi tệp <span lang="en">(send)</span></button>
</form>`,
    })
    site.page(path, roles, (visit) => show(visit, NEW_FORM))
    site.page(`${path}/template`, roles, async ({ query }) => {
      const mapping = userMapping(config.users)
      const name = form === USER_FORM ? 'mau-01-dk-ctn' : 'mau-02-dk-ctn'
      return query.get('kind') === 'csv'
        ? { file: { name: `${name}.csv`, type: 'text/csv; charset=utf-8', content: templateCsv(form, mapping) } }
        : { file: { name: `${name}.xlsx`, type: XLSX, content: templateXlsx(form, mapping) } }
    })
    site.upload(
      `${path}/send`,
      roles,
      async (visit) => {
        const order = readOrder(visit)
        const keys = await users.keys()
        const parts = { ...context, keys, mapping: config.users, randomBytes: (size: number) => context.randomBytes(size) }
        const { importId, isNew } = await importUsers(parts, visit.actor, visit.file, order, form)
        return { location: `${IMPORTS}/${importId}${isNew ? '' : '?again=1'}` }
      },
      { path, show },
    )
  }

  site.page(`${IMPORTS}/:id`, READERS, async ({ actor, params, query }) => {
    const id = params.id ?? ''
    const [view, refused, others] = await store.read(async (db) => [
      await readOwnImport(db, actor, id),
      await readVerdicts(db, id, { kinds: ['refused'], limit: SHOWN_VERDICTS }),
      await readVerdicts(db, id, { kinds: ['add', 'change', 'disable', 'cancel', 'unchanged'], limit: SHOWN_VERDICTS }),
    ])
    return {
      title: { vi: 'Kết quả nhập tệp', en: 'What became of a file' },
      isWide: true,
      body: importResult(view, [...refused, ...others].slice(0, SHOWN_VERDICTS), {
        path: `${IMPORTS}/${view.importId}`,
        back: PAGES.find(({ form }) => form === view.form)?.path ?? '/console',
        isAgain: query.has('again'),
      }),
    }
  })
  site.page(`${IMPORTS}/:id/file`, READERS, async ({ actor, params }) => {
    const { importId } = await store.read((db) => readOwnImport(db, actor, params.id ?? ''))
    const lines = async function* () {
      yield CSV_HEAD
      for (let after = -1; ; ) {
        const rows = await store.read((db) => readVerdicts(db, importId, { after, limit: CSV_PAGE_ROWS }))
        yield rows.map(verdictLine).join('')
        if (rows.length < CSV_PAGE_ROWS) return
        after = rows.at(-1)?.seq ?? after
      }
    }
    const content = Readable.from(lines())
    return { file: { name: `ket-qua-${importId}.csv`, type: 'text/csv; charset=utf-8', content } }
  })
}

function fields({ actor }: ConsoleVisit, form: string, sent: SentForm, nowMs: number) {
  const own = provinceOf(actor)
  const codes = own === undefined ? provinceCodesAt(nowMs) : [own]
  const byRow = own === undefined && actor.role !== 'facility' ? [{ value: '', words: 'Theo cột Mã tỉnh của tệp' }] : []
  const province = choiceField(sent, 'province', {
    words: { vi: 'Tỉnh quản lý', en: 'Managing province' },
    choices: [...byRow, ...codes.map((value) => ({ value, words: provinceWords(value, nowMs) }))],
    value: byRow.length > 0 ? '' : (codes.find((code) => code === actor.scope?.slice(0, 2)) ?? codes[0]),
  })
  if (form === APPROVER_FORM) return province
  if (actor.role === 'facility') return html`<p>Mã CSKCB: <strong>${actor.scope}</strong></p>${province}`
  return html`${textField(sent, 'facility', {
    words: { vi: 'Mã CSKCB', en: 'Facility' },
    hint: { vi: 'để trống nếu tệp có cột Mã CSKCB', en: 'empty where the file has the column' },
    more: html`inputmode="numeric" maxlength="5" pattern="[0-9]{5}"`,
  })}${province}`
}

/** @throws ControlError BAD_FIELDS */
function readOrder({ actor, form, file }: ConsoleVisit) {
  const errors: FieldFault[] = []
  const wrong = (name: string, message: string, vi: string): void => void errors.push({ path: `/body/${name}`, message, vi })
  if (file.byteLength === 0) wrong('file', 'Choose a file that is not empty.', 'Hãy chọn tệp; tệp không được rỗng.')
  const typed = actor.role === 'facility' ? (actor.scope ?? '') : (form.get('facility') ?? '').trim()
  if (typed !== '' && !/^[0-9]{5}$/.test(typed))
    wrong('facility', 'A facility has five digits.', 'Mã CSKCB gồm 5 chữ số, ví dụ 01234.')
  const dispatch = tryRead(errors, () => readDispatch(form))
  if (dispatch === undefined || errors.length > 0) throw manyWrong(errors)
  const province = form.get('province') ?? ''
  const accept: 'none' | 'all' = form.get('check') === '1' ? 'none' : 'all'
  return {
    dispatch,
    accept,
    ...(typed === '' ? {} : { facility: typed }),
    ...(province === '' ? {} : { province }),
  }
}
