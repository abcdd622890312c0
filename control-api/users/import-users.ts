import { setImmediate } from 'node:timers/promises'
import { isWithin, provinceOf, requireWithin } from '../access/within-province.ts'
import { createMappingWords, type MappingChanges } from '../imports/column-mapping.ts'
import type { Section } from '../imports/form.ts'
import { type FormImport, type ImportFormParts, type ImportOrder, type ImportResult, importForm } from '../imports/import-form.ts'
import { ROW_ERRORS, type RowErrorCode } from '../imports/row-errors.ts'
import { rowMessage, type Words } from '../imports/row-messages.ts'
import type { RowVerdict, RowVerdictKind } from '../imports/row-verdict.ts'
import { columnLetters } from '../imports/sheet.ts'
import type { Change } from '../registrations/registration.ts'
import type { Actor } from '../store/store.ts'
import { enterApprover, findApprover } from './approvers.ts'
import { askChange, closeUser, insertUsers } from './change-users.ts'
import { findAllListed, keepTokens } from './list-persons.ts'
import { type ReadUserRow, readUserRow, type UserRowFault } from './read-user-row.ts'
import { saysTheSame } from './user-entry.ts'
import { APPROVER_FORM, FORMS, USER_FIELDS, type UserField, userMapping } from './user-forms.ts'
import type { UserKeys } from './user-keys.ts'
import { USER_ROW_WORDS, type UserRowErrorCode } from './user-row-errors.ts'
import type { UserRow } from './user-tables.ts'

export interface UserImportParts extends ImportFormParts {
  readonly keys: UserKeys
  readonly mapping: MappingChanges<UserField>
}

export interface UserImportOrder extends ImportOrder {
  /** Five digits, for rows that name none: a facility’s own list. */
  readonly facility?: string | undefined
}

/** Rows judged between two looks at everybody else. */
const BREATH_ROWS = 500

interface JudgedUserRow {
  readonly verdict: RowVerdict
  readonly read: ReadUserRow
  /** Who is on the list already. */
  readonly listed?: UserRow | undefined
}

/**
 * Reads form 01/dk-ctn (users) or 02/dk-ctn (approvers) and takes its rows, as `importForm` does. Additions and changes wait for approval; who is to be
 * disabled or cancelled is so at once. No citizen ID is kept and nothing of a person is quoted.
 * @throws ControlError with a code of IMPORT_ERRORS, BAD_FIELDS, PROVINCE_UNKNOWN, OTHER_PROVINCE
 */
export function importUsers(
  parts: UserImportParts,
  actor: Actor,
  file: Uint8Array,
  order: UserImportOrder,
  form: keyof typeof FORMS,
): Promise<ImportResult> {
  if (order.province !== undefined) requireWithin(actor, order.province, '/querystring/province')
  if (order.facility !== undefined) requireWithin(actor, order.facility, '/querystring/facility')
  // So it is known later whose import it is.
  const made = { ...order, province: order.province ?? provinceOf(actor) }
  return importForm(parts, actor, file, made, userImport(parts, actor, made, form))
}

function userImport(
  { keys: given, mapping, clock }: UserImportParts,
  actor: Actor,
  order: UserImportOrder,
  number: keyof typeof FORMS,
): FormImport<UserField, ReadUserRow, JudgedUserRow> {
  const keys = remembering(given)
  const isApprover = number === APPROVER_FORM
  const atMs = clock.nowMs()
  const context = {
    facility: order.facility,
    onlyFacility: actor.role === 'facility' ? (actor.scope ?? '') : undefined,
    province: order.province,
    fromMs: order.effectiveFromMs ?? atMs,
    atMs,
    isWithin: (code: string) => isWithin(actor, code),
    isApprover,
  }
  return {
    words: createMappingWords(userMapping(mapping), FORMS[number]),
    read: (row) => readUserRow(row, context),
    async prepare(read) {
      for (const [count, one] of read.entries()) {
        if (count % BREATH_ROWS === 0) await setImmediate()
        if ('fault' in one) continue
        const { facility, citizenId } = one.entry
        keys.personToken(citizenId)
        if (!isApprover) keys.tokensOf(facility, citizenId)
      }
    },
    async mark(db) {
      const step = await db
        .selectFrom('portal_user_step')
        .select((eb) => eb.fn.max('audit_seq').as('seq'))
        .executeTakeFirst()
      const approvers = await db
        .selectFrom('user_approver')
        .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.sum<number>('version').as('versions')])
        .executeTakeFirst()
      return [step?.seq, approvers?.count, approvers?.versions].join(' ')
    },
    judge: (change, read, sheet) => judgeAll(change, read, { sheet, keys, isApprover }),
    lineOf: ({ verdict, read }) => {
      const token = 'entry' in read ? keys.personToken(read.entry.citizenId) : ''
      return `${verdict.verdict}\t${verdict.facility}\t${token}\n`
    },
    // A title may name whoever drew the list up.
    ignoredText: (text) => `${text.length} characters`,
    async take(change, judged, facts) {
      if (!isApprover) return takeUsers(change, judged, keys, facts)
      for (const one of judged) await takeApprover(change, one, keys, facts)
    },
  }
}

/** A person is asked for several times in one import, and each takes a hash. */
function remembering(keys: UserKeys): UserKeys {
  const persons = new Map<string, string>()
  const accounts = new Map<string, ReturnType<UserKeys['tokensOf']>>()
  const once = <T>(known: Map<string, T>, name: string, make: () => T): T => {
    const made = known.get(name) ?? make()
    known.set(name, made)
    return made
  }
  return {
    ...keys,
    personToken: (citizenId) => once(persons, citizenId, () => keys.personToken(citizenId)),
    tokensOf: (facility, citizenId) => once(accounts, `${facility}_${citizenId}`, () => keys.tokensOf(facility, citizenId)),
  }
}

interface JudgeParts {
  readonly sheet: string
  readonly keys: UserKeys
  readonly isApprover: boolean
}

async function judgeAll(change: Change, read: readonly ReadUserRow[], parts: JudgeParts): Promise<JudgedUserRow[]> {
  const listedUsers = parts.isApprover ? undefined : await findListedOf(change, read, parts.keys)
  const seen = new Set<string>()
  const judged: JudgedUserRow[] = []
  for (const [count, one] of read.entries()) {
    if (count % BREATH_ROWS === 0) await setImmediate()
    if ('fault' in one) {
      judged.push({ read: one, verdict: verdictOf(one, 'refused', one.fault, parts.sheet) })
      continue
    }
    const { facility, province, citizenId } = one.entry
    const key = parts.isApprover ? `${province} ${one.account}` : `${facility} ${citizenId}`
    const isTwice = seen.has(key)
    seen.add(key)
    if (isTwice) {
      const fault: UserRowFault = { code: 'DUPLICATE_PERSON', field: 'citizenId' }
      judged.push({ read: one, verdict: verdictOf(one, 'refused', fault, parts.sheet) })
      continue
    }
    const listed = listedUsers?.get(`${facility} ${parts.keys.personToken(citizenId)}`)
    const found = parts.isApprover
      ? judgeApprover(one, (await findApprover(change.db, province, one.account)) !== undefined)
      : judgeUser(one, listed, change.actor)
    const [kind, fault] = typeof found === 'string' ? [found, undefined] : found
    judged.push({ read: one, listed, verdict: verdictOf(one, kind, fault, parts.sheet) })
  }
  return judged
}

type Finding = Section | readonly ['unchanged' | 'refused', UserRowFault]

function judgeUser({ row, entry }: Extract<ReadUserRow, { entry: unknown }>, listed: UserRow | undefined, actor: Actor): Finding {
  // The row may name its own province for somebody who is on the list of another one.
  if (listed !== undefined && !isWithin(actor, listed.province))
    return ['refused', { code: 'ROW_OTHER_PROVINCE', field: 'citizenId' }]
  const section = row.section ?? 'add'
  const refused = (code: UserRowErrorCode): Finding => ['refused', { code, field: 'citizenId' }]
  const unchanged: Finding = ['unchanged', { code: 'PERSON_UNCHANGED', field: 'citizenId' }]
  if (section === 'add') {
    if (listed === undefined) return 'add'
    return saysTheSame(listed, entry) ? unchanged : refused('PERSON_LISTED')
  }
  if (listed === undefined) return refused('PERSON_NOT_LISTED')
  if (section === 'change') return saysTheSame(listed, entry) ? unchanged : 'change'
  return section === 'disable' && listed.state === 'disabled' ? unchanged : section
}

/** Rights to approve are revoked one by one, by the assessment centre. */
function judgeApprover({ row }: Extract<ReadUserRow, { entry: unknown }>, isListed: boolean): Finding {
  if (row.section !== 'add') return ['refused', { code: 'SECTION_MISSING', field: 'section' }]
  return isListed ? ['unchanged', { code: 'PERSON_UNCHANGED', field: 'account' }] : 'add'
}

/** Who of the rows is on the lists already, by facility and person. */
async function findListedOf(change: Change, read: readonly ReadUserRow[], keys: UserKeys): Promise<Map<string, UserRow>> {
  const byFacility = new Map<string, string[]>()
  for (const one of read) {
    if ('fault' in one) continue
    const { facility, citizenId } = one.entry
    const tokens = byFacility.get(facility) ?? []
    tokens.push(keys.personToken(citizenId))
    byFacility.set(facility, tokens)
  }
  const listed = new Map<string, UserRow>()
  for (const [facility, tokens] of byFacility) {
    for (const [token, row] of await findAllListed(change.db, facility, tokens)) listed.set(`${facility} ${token}`, row)
    await setImmediate()
  }
  return listed
}

async function takeUsers(
  change: Change,
  judged: readonly JudgedUserRow[],
  keys: UserKeys,
  { importId, dispatch, auditSeq }: { readonly importId: string; readonly dispatch: string; readonly auditSeq: number },
): Promise<void> {
  const step = { dispatch, auditSeq, reason: `import ${importId}`, importId }
  const rows = judged.flatMap(({ verdict, read, listed }) =>
    'entry' in read ? [{ verdict: verdict.verdict, entry: read.entry, listed }] : [],
  )
  const added = rows.flatMap(({ verdict, entry }) => (verdict === 'add' ? [entry] : []))
  if (added.length > 0) await insertUsers(change, added, keys, step)
  // A list that is sent again makes its users known under a new gate key, too.
  const known = rows.flatMap(({ listed, entry }) =>
    listed === undefined ? [] : [{ userId: listed.id, tokens: keys.tokensOf(entry.facility, entry.citizenId) }],
  )
  await keepTokens(change.db, known)
  for (const [count, { verdict, entry, listed }] of rows.entries()) {
    if (count % BREATH_ROWS === 0) await setImmediate()
    if (listed === undefined) continue
    if (verdict === 'change') await askChange(change, listed, entry, step)
    else if (verdict === 'disable' || verdict === 'cancel') await closeUser(change, listed, verdict, step)
  }
}

async function takeApprover(
  change: Change,
  { verdict, read }: JudgedUserRow,
  keys: UserKeys,
  facts: { readonly importId: string; readonly dispatch: string; readonly auditSeq: number },
): Promise<void> {
  if (verdict.verdict !== 'add' || !('entry' in read)) return
  const { province, name, citizenId } = read.entry
  await enterApprover(change, { province, person: read.account, name, citizenId }, keys, facts)
}

const DONE: Readonly<Record<Section, Words>> = {
  add: { vi: 'thêm người dùng, chờ phê duyệt', en: 'adds the person, who waits for approval' },
  change: { vi: 'thay đổi, chờ phê duyệt', en: 'changes the person once it is approved' },
  disable: { vi: 'khóa người dùng ngay', en: 'disables the person at once' },
  cancel: { vi: 'hủy người dùng ngay', en: 'cancels the person at once' },
}

function verdictOf(
  { row, ...read }: ReadUserRow,
  verdict: RowVerdictKind,
  fault: UserRowFault | undefined,
  sheet: string,
): RowVerdict {
  const facility = 'entry' in read ? read.entry.facility : (row.cells.facility?.text ?? '')
  const words = fault === undefined ? DONE[verdict as Section] : wordsOf(fault)
  const column = fault === undefined ? undefined : row.columns.get(fault.field)
  const [vi, en] =
    fault === undefined || column === undefined
      ? ['', '']
      : [
          `, cột ${columnLetters(column)} (${USER_FIELDS[fault.field]})`,
          `, column ${columnLetters(column)} (${USER_FIELDS[fault.field]})`,
        ]
  const name = JSON.stringify(sheet.slice(0, 60))
  return {
    row: row.row,
    section: row.section,
    verdict,
    code: fault?.code ?? null,
    field: fault?.field ?? null,
    value: '',
    facility: /^[0-9]{5}$/.test(facility) ? facility : '',
    block: '',
    message: { vi: `Trang ${name}, dòng ${row.row}${vi}: ${words.vi}`, en: `Sheet ${name}, row ${row.row}${en}: ${words.en}` },
  }
}

function wordsOf({ code }: UserRowFault): Words {
  return code in ROW_ERRORS ? rowMessage(code as RowErrorCode, { value: '…' }) : USER_ROW_WORDS[code as UserRowErrorCode]
}
