import { chown, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Order } from './order.ts'
import { OrderError } from './order-error.ts'

/**
 * Writes `order` where the agent reads it, for whoever may write there. A command that runs as root hands the file over to the user of the agent.
 * @throws OrderError ORDER_UNWRITABLE
 */
export async function giveOrder(directory: string, order: Order): Promise<void> {
  const path = join(directory, `${order.id}.json`)
  const beside = `${path}.${process.pid}.new`
  try {
    await mkdir(dirname(directory), { recursive: true, mode: 0o700 })
    const owner = await stat(dirname(directory))
    await mkdir(directory, { mode: 0o700 }).then(
      () => handOver(directory, owner),
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      },
    )
    await rm(beside, { force: true })
    {
      await using file = await open(beside, 'wx', 0o600)
      await file.writeFile(`${JSON.stringify(order)}\n`)
      await file.sync()
    }
    await handOver(beside, owner)
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OrderError('ORDER_UNWRITABLE', `Cannot write the order ${JSON.stringify(path)}: ${reason}`, { cause })
  }
}

async function handOver(path: string, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, owner.uid, owner.gid)
}
