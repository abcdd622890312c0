import { join } from 'node:path'

/** Where things lie below the data folder. */
export interface DataPaths {
  readonly database: string
  readonly reports: string
  /** What is usual for each account over all edges. */
  readonly fleetNorms: string
  readonly keys: string
  /** Secret of one-time codes: what officers’ numbers are sealed with. */
  readonly otpKey: string
  /** Keys under which edges know accounts. */
  readonly gateKey: string
  /** Secret under which two entries of one person are told. */
  readonly userSecret: string
  /** Metadata and targets; nothing else, so that any web server can mirror it. */
  readonly publication: string
  readonly publicationLock: string
}

export function dataPaths(folder: string): DataPaths {
  return {
    database: join(folder, 'control.db'),
    reports: join(folder, 'reports.db'),
    fleetNorms: join(folder, 'fleet-norms.bin'),
    keys: join(folder, 'keys'),
    otpKey: join(folder, 'keys', 'otp.key'),
    gateKey: join(folder, 'keys', 'gate.key'),
    userSecret: join(folder, 'keys', 'users.key'),
    publication: join(folder, 'publication'),
    publicationLock: join(folder, 'publication.lock'),
  }
}
