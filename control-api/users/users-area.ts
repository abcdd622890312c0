import type { ControlContext } from '../http/context.ts'
import type { ConsoleSite } from '../pages/console.ts'
import { registerApproversPage } from './approvers-page.ts'
import { registerImportPages } from './import-page.ts'
import { registerUsersPage } from './users-page.ts'
import { registerWaitingPage } from './waiting-page.ts'

/** `/console/users`: a facility registers its users, their province approves (form 01/dk-ctn); the assessment centre grants the right to approve (02/dk-ctn). */
export function registerUsersArea(site: ConsoleSite, context: ControlContext): void {
  registerUsersPage(site, context)
  registerWaitingPage(site, context)
  registerApproversPage(site, context)
  registerImportPages(site, context)
}
