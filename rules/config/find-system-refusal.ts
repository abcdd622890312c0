/** What the operating system says no with, and what to do about it. errno(3) */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'This user may not: run it as the service’s user, or give that user the right.',
  EPERM: 'This user may not: run it as the service’s user, or give that user the right.',
  EADDRINUSE: 'Something else listens there: stop it, or name another address.',
  EADDRNOTAVAIL: 'This host has no such address: name one that it has.',
  ENOENT: 'It is not there: look at the path.',
  ENOTDIR: 'A part of the path is no folder: look at the path.',
  EISDIR: 'It is a folder: name a file.',
  ENOSPC: 'The disk is full: make room and run it again.',
  EDQUOT: 'The quota is used up: make room and run it again.',
  EROFS: 'The disk can only be read: mount it for writing.',
  EMFILE: 'Too many files are open: raise LimitNOFILE.',
}

/** A refusal of the operating system in one line with what to do, for a person who has no use for a stack; `undefined` for other errors. */
export function findSystemRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error) || typeof error.code !== 'string') return undefined
  return `${error.message}. ${ADVICE[error.code] ?? 'The operating system refused it.'}`
}
