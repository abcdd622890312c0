import type { Migration } from '../migration.ts'
import { auditMigration } from './0001-audit.ts'

/** All migrations in the order they run. Areas add theirs in a file of their own; the numbers order them. */
export const MIGRATIONS: readonly Migration[] = [auditMigration]
