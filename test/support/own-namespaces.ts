import { spawn } from 'node:child_process'
import { boundToParent, createService, type Service } from './service.ts'
import { OWN_NAMESPACES, OWN_RUN } from './surroundings.ts'

/**
 * Runs a program as the root of a user namespace of its own, with this process's terminal for its words. It may make network namespaces there; files are
 * shared, so unix sockets are the way back. The user namespace is entered before `setpriv`, because entering one forgets the parent's death signal.
 */
export function startInOwnNamespaces(name: string, file: string, args: readonly string[]): Service {
  const [bound, rest] = boundToParent(file, args)
  const child = spawn('unshare', [...OWN_NAMESPACES, 'sh', '-c', `${OWN_RUN} && exec "$@"`, 'sh', bound, ...rest], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return createService(name, child)
}
