import { isWithin } from '../access/within-province.ts'
import type { ControlContext } from '../http/context.ts'
import type { ConsolePage, ConsoleRole, ConsoleSite, ConsoleVisit } from '../pages/console.ts'
import { doneNotice } from '../pages/done-notice.ts'
import { readDispatch, readReason } from '../pages/form-reading.ts'
import { html } from '../pages/html.ts'
import { approveUser, decideImport, refuseUser } from './approve-users.ts'
import { decisionOf, idOf } from './decision-form.ts'
import { type SentDecision, waitingFiles, waitingTable } from './user-page-html.ts'
import { MOST_ROWS, USERS } from './users-page.ts'

const WAITING = '/console/users/waiting'
/** Files shown at once; what they brought is decided, then others come up. */
const MOST_FILES = 50
const ROLES: readonly ConsoleRole[] = ['approver', 'province-approver']

/** `/console/users/waiting`: what waits in the provinces of an approver. */
export function registerWaitingPage(site: ConsoleSite, { store, clock }: ControlContext): void {
  const show = async ({ actor, query, formField }: ConsoleVisit, decision?: SentDecision): Promise<ConsolePage> => {
    const [rows, files] = await store.read(async (db) => {
      const granted = await db
        .selectFrom('user_approver')
        .select('province')
        .where('person', '=', actor.person)
        .where('state', '=', 'granted')
        .execute()
      const own = granted.map(({ province }) => province).filter((province) => isWithin(actor, province))
      const waiting = db
        .selectFrom('portal_user')
        .where('portal_user.province', 'in', own)
        .where((eb) =>
          eb.or([
            eb('portal_user.state', '=', 'waiting'),
            eb.and([eb('portal_user.wanted', 'is not', null), eb('portal_user.state', 'in', ['active', 'disabled'])]),
          ]),
        )
      const files = await waiting
        .innerJoin('import', 'import.id', 'portal_user.import_id')
        .select((eb) => [
          'import.id',
          'import.taken_by',
          'import.dispatch',
          'import.at_ms',
          'import.province',
          eb.fn.countAll<number>().as('users'),
        ])
        .groupBy('import.id')
        .orderBy('import.at_ms')
        .limit(MOST_FILES)
        .execute()
      return [await waiting.selectAll('portal_user').orderBy('id').limit(MOST_ROWS).execute(), files] as const
    })
    return {
      title: { vi: 'Người dùng chờ phê duyệt', en: 'Users who wait for approval' },
      isWide: true,
      body: html`${doneNotice(query)}${decision?.notice}${waitingFiles(
        files.map((file) => ({ ...file, mayRead: isWithin(actor, file.province ?? '') })),
        formField,
        decision,
      )}${waitingTable(rows, formField, decision)}`,
    }
  }

  for (const decide of ['approve', 'refuse'] as const)
    site.action(
      `${WAITING}/:id/${decide}`,
      ROLES,
      async ({ actor, form, params }) => {
        const order = { dispatch: readDispatch(form), reason: decide === 'approve' ? null : readReason(form) }
        await store.transact(actor, (tx) => decideImport({ ...tx, actor, atMs: clock.nowMs() }, params.id ?? '', decide, order))
        return { location: `${WAITING}?done=${decide}` }
      },
      { path: WAITING, show: (visit, sent) => show(visit, decisionOf(visit, sent)) },
    )

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
        const reason = step === 'approve' ? null : readReason(form)
        const order = { dispatch: readDispatch(form), reason, version: Number(form.get('version')) }
        await store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() }, idOf(visit), order))
        return { location: `${WAITING}?done=${step}` }
      },
      { path: WAITING, show: (visit, sent) => show(visit, decisionOf(visit, sent)) },
    )
}
