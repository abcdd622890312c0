import { isWithin } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { ConsolePage, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { html } from '../pages/html.ts'
import { approveUser, refuseUser } from './approve-users.ts'
import { decisionOf, idOf, reasonOf } from './decision-form.ts'
import { doneNotice } from './done-notice.ts'
import { type SentDecision, waitingTable } from './user-page-html.ts'
import { MOST_ROWS, readDispatch, USERS } from './users-page.ts'

const WAITING = '/console/users/waiting'
const ROLES: readonly ConsoleRole[] = ['approver', 'province-approver']

/** `/console/users/waiting`: what waits in the provinces of an approver. */
export function registerWaitingPage(site: ConsoleSite, { store, clock }: ControlContext): void {
  const show = async ({ actor, query, formField }: ConsoleVisit, decision?: SentDecision): Promise<ConsolePage> => {
    const rows = await store.read(async (db) => {
      const granted = await db
        .selectFrom('user_approver')
        .select('province')
        .where('person', '=', actor.person)
        .where('state', '=', 'granted')
        .execute()
      const own = granted.map(({ province }) => province).filter((province) => isWithin(actor, province))
      return db
        .selectFrom('portal_user')
        .selectAll()
        .where('province', 'in', own)
        .where((eb) =>
          eb.or([eb('state', '=', 'waiting'), eb.and([eb('wanted', 'is not', null), eb('state', 'in', ['active', 'disabled'])])]),
        )
        .orderBy('id')
        .limit(MOST_ROWS)
        .execute()
    })
    return {
      title: { vi: 'Người dùng chờ phê duyệt', en: 'Users who wait for approval' },
      isWide: true,
      body: html`${doneNotice(query)}${decision?.notice}${waitingTable(rows, formField, decision)}`,
    }
  }

  site.link(WAITING, ROLES, { vi: 'Người dùng chờ duyệt', en: 'Users who wait' })
  site.page(WAITING, ROLES, (visit) => show(visit))
  for (const [step, work] of [
    ['approve', approveUser],
    ['refuse', refuseUser],
  ] as const)
    site.action(
      `${USERS}/:id/${step}`,
      ROLES,
      async (visit) => {
        const { actor, form } = visit
        const reason = step === 'approve' ? null : reasonOf(form)
        const order = { dispatch: readDispatch(form), reason, version: Number(form.get('version')) }
        await store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() }, idOf(visit), order))
        return { location: `${WAITING}?done=${step}` }
      },
      { path: WAITING, show: (visit, sent) => show(visit, decisionOf(visit, sent)) },
    )
}
