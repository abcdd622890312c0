import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startInOwnNamespaces } from '../support/own-namespaces.ts'
import { startRelay } from '../support/relay.ts'
import { createWorkDir } from '../support/work-dir.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/**
 * Runs the demo in a user namespace of its own, where this user is root and may make networks. The URLs are opened out here, on this host's loopback, and
 * lead in through unix sockets.
 */
export async function runInOwnNamespaces(args: readonly string[], stop: AbortSignal): Promise<0 | 1> {
  await using folder = await createWorkDir('edgeward-demo')
  await mkdir(folder.file('edge'))
  await using controlWay = await startRelay({ host: '127.0.0.1', port: 0 }, { path: folder.file('control.sock') })
  await using statusWay = await startRelay({ host: '127.0.0.1', port: 0 }, { path: folder.file('edge', 'agent.sock') })
  await using demo = startInOwnNamespaces('the demo', process.execPath, [
    MAIN,
    ...args,
    `--inside=${folder.path}`,
    `--control-url=http://127.0.0.1:${controlWay.port}`,
    `--status-url=http://127.0.0.1:${statusWay.port}`,
  ])
  const pass = () => void demo.stop('SIGINT', 30_000)
  if (stop.aborted) pass()
  else stop.addEventListener('abort', pass, { once: true })
  const { code } = await demo.exited
  return code === 0 ? 0 : 1
}
