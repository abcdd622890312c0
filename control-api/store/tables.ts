import type { AccessTables } from '../access/access-tables.ts'
import type { AgentTables } from '../agents/agent-tables.ts'
import type { AuditTables } from '../audit/audit-tables.ts'
import type { FleetTables } from '../fleet/fleet-tables.ts'
import type { ImportTables } from '../imports/import-tables.ts'
import type { OtpTables } from '../otp/otp-tables.ts'
import type { PublicationTables } from '../publication/publication-tables.ts'
import type { RegistrationTables } from '../registrations/registration-tables.ts'
import type { RehearsalTables } from '../rehearsal/rehearsal-tables.ts'
import type { SmsTables } from '../sms/sms-tables.ts'
import type { UserTables } from '../users/user-tables.ts'

/** Every table by its name. Each area describes its own rows in its own folder; this is where they meet. */
export type Tables = AccessTables &
  AgentTables &
  AuditTables &
  PublicationTables &
  RegistrationTables &
  ImportTables &
  FleetTables &
  OtpTables &
  SmsTables &
  UserTables &
  RehearsalTables
