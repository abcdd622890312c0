import { dirname } from 'node:path'

/** Why a socket cannot be made at `path`, and what to do; `folderAdvice`: who makes its folder. */
export function socketAdvice(path: string, cause: unknown, folderAdvice: string): string {
  const { code } = cause as NodeJS.ErrnoException
  const folder = JSON.stringify(dirname(path))
  // libuv tells EACCES for a folder that is not there (libuv#1277), so whoever asks looks first.
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no folder ${folder}; ${folderAdvice}`
  if (code === 'EACCES' || code === 'EPERM') return `this user may not write into ${folder}; ${folderAdvice}`
  if (code === 'EROFS')
    return `${folder} is read-only here; where it was made after the start of the service, restart the service (ReadWritePaths)`
  return cause instanceof Error ? cause.message : String(cause)
}
