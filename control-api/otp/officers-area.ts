import { provinceCodesAt } from '../../rules/provinces/province-names.ts'
import { codesWithin, provinceOf, requireWithin } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { FieldFault } from '../http/control-error.ts'
import type { ConsolePage, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { doneNotice } from '../pages/done-notice.ts'
import { manyWrong, readDispatch, readReason, tryRead } from '../pages/form-reading.ts'
import { html } from '../pages/html.ts'
import { notice } from '../pages/page.ts'
import { NEW_FORM, type SentForm } from '../pages/sent-form.ts'
import { enterTold } from './enter-told.ts'
import { readOfficer } from './officer-fields.ts'
import { listOfficers, type OfficerView } from './officer-view.ts'
import { approveOfficer, refuseOfficer, revokeOfficer, unlockOfficer } from './officers.ts'
import { OFFICER_STATES, OFFICERS, officerChooser, officerForm, officerTable, type SentStep } from './officers-page-html.ts'

const MOST_ROWS = 200
const OPERATORS: readonly ConsoleRole[] = ['operator', 'province-operator']
const APPROVERS: readonly ConsoleRole[] = ['approver', 'province-approver']
const ROLES: readonly ConsoleRole[] = [...OPERATORS, ...APPROVERS]

/** `/console/officers`: a province enters who may ask for one-time codes, another person approves, and either ends it (1232/BHXH-CNTT). */
export function registerOfficersArea(site: ConsoleSite, { store, clock, otp }: ControlContext): void {
  const show = async (visit: ConsoleVisit, sent: SentForm, refused?: SentStep): Promise<ConsolePage> => {
    const { actor, query, formField } = visit
    const nowMs = clock.nowMs()
    const own = provinceOf(actor)
    const provinces = own === undefined ? provinceCodesAt(nowMs) : [own]
    const province = query.get('province') ?? ''
    const mayApprove = actor.role === 'approver'
    // An approver comes for what waits.
    const state = findState(query.get('state') ?? (mayApprove ? 'waiting' : null))
    const asked = province === '' || own !== undefined || !/^[0-9]{2}$/.test(province) ? {} : { province }
    const officers = await store.read((db) =>
      listOfficers(
        db,
        { ...asked, within: codesWithin(actor), state, after: query.get('after') ?? undefined, limit: MOST_ROWS },
        nowMs,
      ),
    )
    const next =
      officers.length < MOST_ROWS
        ? undefined
        : new URLSearchParams({ province, state: state ?? '', after: officers.at(-1)?.id ?? '' }).toString()
    const fault = refused?.sent.fault
    const above = fault === undefined ? undefined : notice('fault', fault)
    const off = notice('info', {
      vi: 'Chưa có cổng gửi SMS: cán bộ chưa lấy được mã OTP và chưa được báo tin.',
      en: 'No SMS gateway is set up: officers get no codes and are told nothing yet.',
    })
    return {
      title: { vi: 'Cán bộ được lấy mã OTP', en: 'Officers who may get one-time codes' },
      isWide: true,
      body: html`${doneNotice(query)}${otp.sms.isOn ? '' : off}${above}${officerChooser({ province, state: state ?? '' }, provinces, nowMs)}${officerTable(officers, { formField, mayApprove, nowMs, refused })}
${next === undefined ? '' : html`<p><a href="${OFFICERS}?${next}">Trang sau</a> <span class="en" lang="en">Next page</span></p>`}${mayApprove ? '' : officerForm(formField, sent, provinces, nowMs)}`,
    }
  }

  site.link(OFFICERS, ROLES, { vi: 'Cán bộ OTP', en: 'OTP officers' })
  site.page(OFFICERS, ROLES, (visit) => show(visit, NEW_FORM))
  site.action(
    `${OFFICERS}/enter`,
    OPERATORS,
    async ({ actor, form }) => {
      const text = (name: string): string => (form.get(name) ?? '').trim()
      const errors: FieldFault[] = []
      const province = text('province')
      tryRead(errors, () => requireWithin(actor, province, '/body/province'))
      const fields = { province, name: text('name'), bhxhCode: text('bhxhCode'), phone: text('phone'), account: text('account') }
      const officer = readOfficer(fields, clock.nowMs())
      if (!('name' in officer)) errors.push(...officer.map(({ field, vi, en }) => ({ path: `/body/${field}`, message: en, vi })))
      const dispatch = tryRead(errors, () => readDispatch(form))
      if (errors.length > 0 || dispatch === undefined || !('name' in officer)) throw manyWrong(errors)
      await enterTold(store, actor, officer, dispatch, otp.officerParts())
      return { location: `${OFFICERS}?state=waiting&done=entered` }
    },
    { path: OFFICERS, show },
  )
  const page = (step: string) => ({
    path: OFFICERS,
    show: (visit: ConsoleVisit, sent: SentForm) => show(visit, NEW_FORM, { id: visit.params.id ?? '', step, sent }),
  })
  site.action(
    `${OFFICERS}/:id/approve`,
    APPROVERS,
    async ({ actor, form, params }) => {
      const dispatch = readDispatch(form)
      await store.transact(actor, (tx) => approveOfficer(tx, actor, params.id ?? '', dispatch, otp.officerParts()))
      return { location: `${OFFICERS}?done=approve` }
    },
    page('approve'),
  )
  for (const [step, run] of [
    ['refuse', refuseOfficer],
    ['revoke', revokeOfficer],
  ] as const)
    site.action(
      `${OFFICERS}/:id/${step}`,
      ROLES,
      async ({ actor, form, params }) => {
        const errors: FieldFault[] = []
        const dispatch = tryRead(errors, () => readDispatch(form))
        const reason = tryRead(errors, () => readReason(form))
        if (dispatch === undefined || reason === undefined) throw manyWrong(errors)
        await store.transact(actor, (tx) => run(tx, actor, params.id ?? '', { dispatch, reason }, otp.officerParts()))
        await otp.grants.work()
        return { location: `${OFFICERS}?done=${step}` }
      },
      page(step),
    )
  site.action(
    `${OFFICERS}/:id/unlock`,
    ROLES,
    async ({ actor, form, params }) => {
      const reason = readReason(form)
      await store.transact(actor, (tx) => unlockOfficer(tx, actor, params.id ?? '', reason))
      return { location: `${OFFICERS}?done=unlock` }
    },
    page('unlock'),
  )
}

function findState(text: string | null): OfficerView['state'] | undefined {
  return text !== null && text in OFFICER_STATES ? (text as OfficerView['state']) : undefined
}
