import { chmod, link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFileOrders } from '../../../agent/orders/file-orders.ts'
import { giveOrder } from '../../../agent/orders/give-order.ts'
import { anOpening } from '../../support/an-opening.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function aFolder(): Promise<string> {
  const folder = join(await temporaryFolder(), 'orders')
  await mkdir(folder, { mode: 0o700 })
  return folder
}

const NAME = '0123456789abcdef.json'
const good = JSON.stringify(anOpening())

describe('createFileOrders', () => {
  it('reads what was given and removes what was carried out', async () => {
    const folder = join(await temporaryFolder(), 'state', 'orders')
    await giveOrder(folder, anOpening())
    const orders = createFileOrders(folder)
    expect(await orders.read()).toEqual({ orders: [anOpening()], faults: [] })
    await orders.remove(anOpening().id)
    await orders.remove('../../../etc/passwd')
    expect(await orders.read()).toEqual({ orders: [], faults: [] })
  })

  it('there is no order where there is no folder', async () => {
    expect(await createFileOrders('/nonexistent/orders').read()).toEqual({ orders: [], faults: [] })
  })

  it.each<[string, string, (folder: string) => Promise<unknown>]>([
    [
      'a link',
      'ORDER_UNSAFE',
      async (folder) => {
        await writeFile(join(folder, 'elsewhere'), good, { mode: 0o600 })
        await symlink(join(folder, 'elsewhere'), join(folder, NAME))
      },
    ],
    [
      'a second name of a file',
      'ORDER_UNSAFE',
      async (folder) => {
        await writeFile(join(folder, 'elsewhere'), good, { mode: 0o600 })
        await link(join(folder, 'elsewhere'), join(folder, NAME))
      },
    ],
    [
      'a file that others may write',
      'ORDER_UNSAFE',
      async (folder) => {
        await writeFile(join(folder, NAME), good)
        await chmod(join(folder, NAME), 0o666)
      },
    ],
    ['a folder', 'ORDER_UNSAFE', (folder) => mkdir(join(folder, NAME))],
    ['a large file', 'ORDER_UNSAFE', (folder) => writeFile(join(folder, NAME), ' '.repeat(5000), { mode: 0o600 })],
    ['no JSON', 'ORDER_BROKEN', (folder) => writeFile(join(folder, NAME), 'open sesame', { mode: 0o600 })],
    [
      'another field',
      'ORDER_BROKEN',
      (folder) => writeFile(join(folder, NAME), JSON.stringify({ ...anOpening(), forever: true }), { mode: 0o600 }),
    ],
    [
      'another id than its name',
      'ORDER_BROKEN',
      (folder) => writeFile(join(folder, NAME), JSON.stringify(anOpening({ id: 'f'.repeat(16) })), { mode: 0o600 }),
    ],
    [
      'a folder that others may write into',
      'ORDERS_UNREADABLE',
      async (folder) => {
        await writeFile(join(folder, NAME), good, { mode: 0o600 })
        await chmod(folder, 0o777)
      },
    ],
  ])('takes nothing from %s', async (_what, code, make) => {
    const folder = await aFolder()
    await make(folder)
    const { orders, faults } = await createFileOrders(folder).read()
    expect([orders, faults.map((fault) => fault.code)]).toEqual([[], [code]])
  })

  it('leaves names that are none alone', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'README'), 'hello')
    expect(await createFileOrders(folder).read()).toEqual({ orders: [], faults: [] })
    expect(await readdir(folder)).toEqual(['README'])
  })
})
