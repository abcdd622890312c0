import { chmod, chown, cp, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checkBoot, checkMemory } from '../support/check-state.ts'
import { canMakeNetworks } from '../support/netns.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Service } from '../support/service.ts'
import { createSmallDisk, removeStaleDisks, type SmallDisk } from '../support/small-disk.ts'
import { isInstalled } from '../support/surroundings.ts'
import { filesBelow, tearFile } from '../support/tear-file.ts'
import { createTortureGround, PATIENCE_MS, type TortureEdge, type TortureGround } from '../support/torture-edge.ts'
import { until } from '../support/until.ts'
import type { Torture, TortureFigures, TortureRounds } from './torture.ts'

const FAULTS_A_ROUND = 10
const DISK_MB = 8
const LABEL = 'ew-storage'
/** Root is asked for no permission; an agent of its own user is. */
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set', '-all,+net_admin,+net_raw', '--inh-caps', '-all'] as const
const NOBODY = 65_534
/** Codes that name the disk. */
const DISK_CODES: ReadonlySet<string> = new Set([
  'STATE_UNWRITABLE',
  'STATE_UNREADABLE',
  'TRUST_STORE',
  'IDENTITY_BROKEN',
  'NOT_ENROLLED',
  'LAST_GOOD_BROKEN',
  'TRUSTED_BROKEN',
])

/** Invariants 1, 2, 3 and 8. */
export const STORAGE: Torture = {
  what: 'disk full, read-only, torn files, missing folders, wrong rights under a working agent; wrong is a crash, rules lost or loosened, a fault not told, one that does not heal',
  rounds: 50,
  goals: {
    faults: 500,
    'disk full': 60,
    'disk read-only': 60,
    'files torn': 150,
    'folders missing': 40,
    'rights taken': 40,
    'starts with the fault': 150,
  },
  async findObstacle() {
    if (!canMakeNetworks()) return 'needs root and ip(8)'
    return ['nft', 'setpriv', 'mount'].every(isInstalled)
      ? undefined
      : 'needs nft (Debian: nftables), setpriv and mount (util-linux)'
  },
  async begin(): Promise<TortureRounds> {
    const ground = await createTortureGround(LABEL)
    await removeStaleDisks(join(dirname(ground.folder.path), LABEL))
    return { run: (seed) => runRound(ground, seed), [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose]() }
  },
}

async function runRound(ground: TortureGround, seed: number): Promise<TortureFigures> {
  const seeded = createSeeded(seed)
  await using disk = await createSmallDisk(ground.folder.file('disk'), DISK_MB)
  const stateDir = join(disk.path, 'state')
  const more = {
    stateDir,
    more: { probe: { tcp: '127.0.0.1:8480' } },
    wrap: (line: readonly string[]) => [...WITHOUT_RIGHTS, ...line],
  }
  await using edge = await ground.open({ hosts: 500 + seeded.below(2000), ...more })
  return await hurt(ground, edge, disk, seeded)
}

/** A fault of the disk that is there now. */
interface DiskFault {
  readonly figure: string
  readonly words: string
  /** The agent must tell of it once it has tried a new revision. */
  readonly isTold: boolean
  /** Ends what does not heal by itself. */
  undo(): Promise<void>
}

async function hurt(ground: TortureGround, edge: TortureEdge, disk: SmallDisk, seeded: Seeded): Promise<TortureFigures> {
  const { central, stateDir } = edge
  const boot = ground.network.client('boot')
  const figures: Record<string, number> = {}
  const count = (name: string): void => {
    figures[name] = (figures[name] ?? 0) + 1
  }
  let agent: Service | undefined
  let floor = 0

  const assertRight = async (): Promise<void> => {
    if (agent?.exit !== undefined) throw new Error(`The agent ended by itself: ${JSON.stringify(agent.exit)}`)
    const found = await edge.assertSigned(floor)
    if (found === undefined && floor > 0) throw new Error(`Revision ${floor} was in force, and nothing is now`)
    floor = Math.max(floor, found?.revision ?? 0)
  }

  const start = async (): Promise<void> => {
    if (agent === undefined) agent = edge.startAgent()
    await edge.untilStatus('the agent looks at the kernel', ({ inForce }) => floor === 0 || (inForce?.revision ?? 0) >= floor)
  }

  const end = async (): Promise<void> => {
    await agent?.stop(seeded.below(2) === 0 ? 'SIGKILL' : 'SIGTERM')
    agent = undefined
  }

  /** Until all is as if nothing had been. */
  const heal = async (): Promise<void> => {
    await edge.publish()
    await start()
    await edge.untilStatus(
      'no fault and the newest in force',
      ({ faults, inForce }) => faults.length === 0 && inForce?.revision === central.newest,
    )
    await edge.untilNewest()
    const patience = { deadlineMs: PATIENCE_MS }
    await until(
      'the memory holds it',
      async () => (await checkMemory(stateDir, central)) === central.newest || undefined,
      patience,
    )
    await until(
      'the boot would load it',
      async () => (await checkBoot(stateDir, central, boot)) === central.newest || undefined,
      patience,
    )
    await assertRight()
  }

  /** A fault is told, or it did no harm and what is new is in force. */
  const seeWhatIsTold = async (fault: DiskFault): Promise<void> => {
    const told = await edge.untilStatus(
      'the fault in the status, or the newest in force',
      ({ faults, inForce }) =>
        faults.some(({ code, message }) => DISK_CODES.has(code) && message !== '') ||
        (!fault.isTold && inForce?.revision === central.newest),
    )
    const strange = told.faults.filter(({ code }) => code === 'UNEXPECTED' || code === 'METADATA_REFUSED')
    if (strange.length > 0) throw new Error(`The fault has no name of its own: ${JSON.stringify(strange)}`)
    if (told.faults.length > 0) count('told')
  }

  try {
    await heal()
    for (let number = 1; number <= FAULTS_A_ROUND; number += 1) {
      const isAcrossStart = seeded.below(2) === 0
      const fault = await planFault(stateDir, disk, seeded)
      try {
        if (isAcrossStart) {
          await end()
          count('starts with the fault')
        }
        const words = await fault.begin()
        const now = { ...fault, words: `${fault.words} ${words}` }
        try {
          await edge.publish()
          await start()
          await seeWhatIsTold(now)
          await assertRight()
        } finally {
          await fault.undo()
        }
        await heal()
        count('faults')
        count(fault.figure)
      } catch (cause) {
        const words = `fault ${number}: ${fault.words}, ${isAcrossStart ? 'before a start' : 'while it runs'}`
        throw new Error(`${words}\n${agent?.lines.slice(-6).join('\n') ?? ''}`, { cause })
      }
    }
  } finally {
    await agent?.stop()
  }
  return figures
}

interface PlannedFault extends DiskFault {
  /** Gives what was done, in words. */
  begin(): Promise<string>
}

async function planFault(stateDir: string, disk: SmallDisk, seeded: Seeded): Promise<PlannedFault> {
  const folders = ['trust', 'trust/metadata', 'memory', 'boot'] as const
  const folder = join(stateDir, folders[seeded.below(folders.length)] ?? 'memory')
  switch (seeded.below(7)) {
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
