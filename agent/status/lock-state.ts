import { once } from 'node:events'
import { mkdir, open, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { isAnswered } from './is-answered.ts'
import { StatusError } from './status-error.ts'

/**
 * Keeps a second agent with another socket off the same state: two would write one memory and one kernel. A socket and no file with a number in it, because the
 * kernel closes it however the process ends. Where the folder cannot be written there is no lock: a full disk must not keep an agent from its work.
 * @throws StatusError STATE_IN_USE
 */
export async function lockState(stateDir: string): Promise<AsyncDisposable> {
  const parts = new AsyncDisposableStack()
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    // A folder's path may be longer than a socket's may (unix(7)).
    const folder = parts.use(await open(stateDir, 'r'))
    const path = `/proc/self/fd/${folder.fd}/lock.sock`
    if (await isAnswered(path)) {
      await parts.disposeAsync()
      throw new StatusError('STATE_IN_USE', `Cannot start: another agent works with ${JSON.stringify(stateDir)}`)
    }
    await rm(path, { force: true })
    const server = createServer((socket) => socket.destroy()).listen(path)
    await once(server, 'listening')
    parts.defer(() => void server.close())
  } catch (error) {
    if (error instanceof StatusError) throw error
    await parts.disposeAsync()
    return { [Symbol.asyncDispose]: async () => undefined }
  }
  return parts
}
