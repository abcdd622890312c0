import { chmod, chown, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anOpening } from './an-opening.ts'
import type { TestNamespace } from './netns.ts'
import { NOBODY, type PlannedFault } from './planned-fault.ts'
import { until } from './until.ts'

/** How an order, or the folder of them, is not as root or the agent alone would leave it. */
const STRANGE: Readonly<
  Record<string, { readonly file?: (path: string) => Promise<void>; readonly folder?: (path: string) => Promise<void> }>
> = {
  'an order that others may write': { file: (path) => chmod(path, 0o666) },
  'an order of somebody else': { file: (path) => chown(path, NOBODY, NOBODY).then(() => chmod(path, 0o644)) },
  'an order that may not be read': { file: (path) => chmod(path, 0) },
  'an order that is a link': {
    async file(path) {
      await rename(path, `${path}.away`)
      await symlink(`${path}.away`, path)
    },
  },
  'an order cut off': { file: (path) => writeFile(path, '{"kind":"opening",') },
  'orders in a folder that others may write into': { folder: (path) => chmod(path, 0o777) },
  'orders in a folder of somebody else': { folder: (path) => chown(path, NOBODY, NOBODY) },
  'orders in a folder that may not be entered': { folder: (path) => chmod(path, 0) },
}

/** Ways in which an order can come; `right` is the one that is carried out. */
export const ORDER_FAULTS: readonly string[] = [...Object.keys(STRANGE), 'right']

export interface OrderGround {
  readonly stateDir: string
  /** Where the kernel can be asked. */
  readonly space: TestNamespace
}

/** An order to let `block` in. */
export function planOrderFault({ stateDir, space }: OrderGround, kind: string, block: string): PlannedFault {
  const folder = join(stateDir, 'orders')
  const strange = STRANGE[kind]
  const isLetIn = async (): Promise<boolean> =>
    (await space.mustRun('nft', ['list', 'set', 'inet', 'edgeward', 'open4'])).stdout.includes(` ${block} `)
  return {
    figure: strange === undefined ? 'orders right' : 'orders strange',
    words: strange === undefined ? 'an order as it should be' : kind,
    isTold: strange !== undefined,
    async begin() {
      const order = anOpening({ block, at: new Date().toISOString() })
      const beside = join(stateDir, 'order.beside')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(beside, JSON.stringify(order), { mode: 0o600 })
      await strange?.file?.(beside)
      await strange?.folder?.(folder)
      // All at once, so that it is never seen as it should be.
      await rename(beside, join(folder, `${order.id}.json`))
      return ''
    },
    async assertHarmless() {
      if (strange === undefined) await until(`${block} is let in`, async () => (await isLetIn()) || undefined)
      else if (await isLetIn()) throw new Error(`${block} was let in by ${kind}`)
    },
    async undo() {
      await chown(folder, 0, 0)
      await chmod(folder, 0o700)
      await rm(join(folder, `${anOpening().id}.json`), { force: true })
      await rm(join(stateDir, 'order.beside.away'), { force: true })
    },
  }
}
