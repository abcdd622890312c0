import { chmod, chown, cp, mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { TestNamespace } from './netns.ts'
import { ORDER_FAULTS, planOrderFault } from './order-faults.ts'
import { NOBODY, type PlannedFault } from './planned-fault.ts'
import type { Seeded } from './seeded.ts'
import type { SmallDisk } from './small-disk.ts'
import { filesBelow, tearFile } from './tear-file.ts'

/** Codes that name a fault of these. */
export const DISK_CODES: ReadonlySet<string> = new Set([
  'STATE_UNWRITABLE',
  'STATE_UNREADABLE',
  'TRUST_STORE',
  'IDENTITY_BROKEN',
  'NOT_ENROLLED',
  'LAST_GOOD_BROKEN',
  'TRUSTED_BROKEN',
  'INPUT_UNWRITABLE',
  'ORDERS_UNREADABLE',
  'ORDER_UNSAFE',
  'ORDER_BROKEN',
])

export interface DiskFaultGround {
  readonly stateDir: string
  readonly disks: { readonly state: SmallDisk; readonly temporary: SmallDisk }
  /** Where the kernel can be asked. */
  readonly space: TestNamespace
  readonly isAcrossStart: boolean
}

/** One fault of the state's disk, the temporary folder or the orders. */
export async function planDiskFault(ground: DiskFaultGround, seeded: Seeded): Promise<PlannedFault> {
  const {
    stateDir,
    disks: { state: disk },
  } = ground
  const folders = ['trust', 'trust/metadata', 'memory', 'boot'] as const
  const folder = join(stateDir, folders[seeded.below(folders.length)] ?? 'memory')
  switch (seeded.below(9)) {
    case 0: {
      const freeBytes = seeded.below(2) === 0 ? 0 : 4096 * seeded.below(60)
      return {
        figure: 'disk full',
        words: `disk full but for ${freeBytes} bytes`,
        // With some room left part of the work can be done.
        isTold: freeBytes === 0,
        begin: () => disk.fill(freeBytes).then(() => ''),
        undo: () => disk.empty(),
      }
    }
    case 1:
      return {
        figure: 'disk read-only',
        words: 'disk read-only',
        isTold: true,
        begin: () => disk.setReadOnly(true).then(() => ''),
        undo: () => disk.setReadOnly(false),
      }
    case 2: {
      const away = `${folder}.away`
      return {
        figure: 'folders missing',
        words: `${folder} is missing`,
        isTold: false,
        begin: () => rename(folder, away).then(() => ''),
        // Only the trust in central cannot be made anew.
        async undo() {
          if (basename(folder) !== 'trust') await rm(away, { recursive: true })
          else {
            await rm(folder, { recursive: true, force: true })
            await rename(away, folder)
          }
        },
      }
    }
    case 3: {
      const isOwner = seeded.below(2) === 0
      return {
        figure: 'rights taken',
        words: `${folder} ${isOwner ? 'belongs to somebody else' : 'may not be entered'}`,
        isTold: true,
        begin: () => (isOwner ? chown(folder, NOBODY, NOBODY) : chmod(folder, 0)).then(() => ''),
        undo: () => (isOwner ? chown(folder, 0, 0) : chmod(folder, 0o700)),
      }
    }
    case 4:
      return planTemporaryFault(ground, seeded.below(5), 4096 * seeded.below(60))
    case 5:
      return planOrderFault(
        ground,
        ORDER_FAULTS[seeded.below(ORDER_FAULTS.length)] ?? 'right',
        `20.250.${seeded.below(256)}.${seeded.below(256)}`,
      )
    default: {
      const files = (await filesBelow(stateDir)).filter((path) => !path.endsWith('.sock') && !path.endsWith('.new'))
      const path = files[seeded.below(files.length)] ?? ''
      const kept = join(disk.path, 'kept')
      // What enrolment brought once cannot be made anew.
      const isOnce = path.includes('/identity/') || path.endsWith('pinned-root.json')
      return {
        figure: 'files torn',
        words: path.slice(stateDir.length),
        isTold: false,
        async begin() {
          await mkdir(kept, { recursive: true })
          await cp(path, join(kept, 'file'), { preserveTimestamps: true })
          return await tearFile(path, seeded)
        },
        async undo() {
          if (isOnce) await cp(join(kept, 'file'), path)
        },
      }
    }
  }
}

/** With no room for its input no nft is started; small changes need none. */
export function planTemporaryFault({ disks, isAcrossStart }: DiskFaultGround, kind: number, leftBytes: number): PlannedFault {
  const { temporary } = disks
  const { path } = temporary
  const make = (words: string, isSure: boolean, begin: () => Promise<void>, undo: () => Promise<void>): PlannedFault => ({
    figure: 'temporary folder',
    words: `temporary folder ${words}`,
    isTold: isSure && isAcrossStart,
    isWithoutRules: true,
    begin: () => begin().then(() => ''),
    undo,
  })
  const empty = () => temporary.empty()
  if (kind === 0) return make('full', true, () => temporary.fill(0), empty)
  if (kind === 1) return make(`full but for ${leftBytes} bytes`, false, () => temporary.fill(leftBytes), empty)
  if (kind === 2)
    return make(
      'read-only',
      true,
      () => temporary.setReadOnly(true),
      () => temporary.setReadOnly(false),
    )
  const giveBack = () => chown(path, 0, 0).then(() => chmod(path, 0o700))
  return kind === 3
    ? make('may not be entered', true, () => chmod(path, 0), giveBack)
    : make('belongs to somebody else', true, () => chown(path, NOBODY, NOBODY), giveBack)
}
