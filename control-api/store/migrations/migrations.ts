import type { Migration } from '../migration.ts'
import { auditMigration } from './0001-audit.ts'
import { registrationsMigration } from './0002-registrations.ts'
import { importsMigration } from './0003-imports.ts'
import { accessAndAgentsMigration } from './0010-access-and-agents.ts'
import { revisionsMigration } from './0011-revisions.ts'
import { fleetMigration } from './0012-fleet.ts'
import { smsMigration } from './0020-sms.ts'
import { otpMigration } from './0021-otp.ts'
import { usersMigration } from './0022-users.ts'
import { otpLimitsMigration } from './0023-otp-limits.ts'
import { rehearsalMigration } from './0025-rehearsal.ts'
import { userUsesMigration } from './0026-user-uses.ts'
import { smsPartsMigration } from './0027-sms-parts.ts'

/** All migrations in the order they run. Areas add theirs in a file of their own; the numbers order them. */
export const MIGRATIONS: readonly Migration[] = [
  auditMigration,
  registrationsMigration,
  importsMigration,
  accessAndAgentsMigration,
  revisionsMigration,
  fleetMigration,
  smsMigration,
  otpMigration,
  usersMigration,
  otpLimitsMigration,
  rehearsalMigration,
  userUsesMigration,
  smsPartsMigration,
]
