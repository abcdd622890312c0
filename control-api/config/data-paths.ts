import { join } from 'node:path'

/** Where things lie below the data folder. */
export interface DataPaths {
  readonly database: string
  readonly reports: string
  readonly keys: string
  /** Metadata and targets; nothing else, so that any web server can mirror it. */
  readonly publication: string
  readonly publicationLock: string
}

export function dataPaths(folder: string): DataPaths {
  return {
    database: join(folder, 'control.db'),
    reports: join(folder, 'reports.db'),
    keys: join(folder, 'keys'),
    publication: join(folder, 'publication'),
    publicationLock: join(folder, 'publication.lock'),
  }
}
