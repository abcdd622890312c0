import { constants, mkdirSync, watch as watchFolder } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { Order, type OrderFault, type Orders } from './order.ts'

const NAME = /^([0-9a-f]{16})\.json$/
const MAX_BYTES = 4096
const MAX_FILES = 100
const WRITABLE_BY_OTHERS = 0o022

/** Orders as files in `directory`. Only what root or this user alone could have written is read. */
export function createFileOrders(directory: string): Orders {
  return {
    async read() {
      const found = await namesIn(directory)
      if (!Array.isArray(found)) return { orders: [], faults: [found] }
      const parts = await Promise.all(found.map((name) => readOrder(directory, name)))
      const orders = parts.filter((part) => 'kind' in part).sort((a, b) => (a.at < b.at ? -1 : 1))
      return { orders, faults: parts.filter((part) => 'code' in part) }
    },
    async remove(id) {
      if (NAME.test(`${id}.json`)) await rm(join(directory, `${id}.json`), { force: true })
    },
    watch(onChange) {
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
        const watcher = watchFolder(directory, { persistent: false }, onChange)
        watcher.on('error', onChange)
        return { [Symbol.dispose]: () => watcher.close() }
      } catch {
        return { [Symbol.dispose]: () => undefined } // Whoever listens looks from time to time, and hears then why there is no folder.
      }
    },
  }
}

function isOurs(stat: { readonly uid: number; readonly mode: number }): boolean {
  return (stat.uid === 0 || stat.uid === process.getuid?.()) && (stat.mode & WRITABLE_BY_OTHERS) === 0
}

/** Names of orders; none where there is no folder yet, a fault where others may write into it. */
async function namesIn(directory: string): Promise<string[] | OrderFault> {
  try {
    const stat = await lstat(directory)
    if (!stat.isDirectory() || !isOurs(stat))
      return { code: 'ORDERS_UNREADABLE', message: `Cannot trust ${JSON.stringify(directory)}: others may write into it` }
    return (await readdir(directory)).filter((name) => NAME.test(name)).slice(0, MAX_FILES)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : { code: 'ORDERS_UNREADABLE', message: `Cannot read ${JSON.stringify(directory)}: ${message}` }
  }
}

async function readOrder(directory: string, name: string): Promise<Order | OrderFault> {
  const path = join(directory, name)
  try {
    // Never through a link, never waiting for a pipe; what is judged is what is read.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile() || stat.nlink !== 1 || stat.size > MAX_BYTES || !isOurs(stat))
      return {
        code: 'ORDER_UNSAFE',
        message: `Cannot trust the order ${JSON.stringify(path)}: it is no small file of root or the agent alone`,
      }
    const order: unknown = JSON.parse(await file.readFile('utf8'))
    if (Value.Check(Order, order) && `${order.id}.json` === name) return order
    return { code: 'ORDER_BROKEN', message: `Cannot read the order ${JSON.stringify(path)}: it holds none` }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isLink = code === 'ELOOP' || code === 'EMLINK'
    return {
      code: isLink ? 'ORDER_UNSAFE' : 'ORDER_BROKEN',
      message: `Cannot read the order ${JSON.stringify(path)}: ${message}`,
    }
  }
}
