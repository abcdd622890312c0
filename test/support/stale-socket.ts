import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { createServer } from 'node:net'

/** Leaves a socket file at `path` behind which nobody is any more, as a killed process does. */
export async function leaveStaleSocket(path: string): Promise<void> {
  const killed = createServer().listen(`${path}.killed`)
  await once(killed, 'listening')
  // Its end takes away the name that it knows.
  renameSync(`${path}.killed`, path)
  killed.close()
  await once(killed, 'close')
}
