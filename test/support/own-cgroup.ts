import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from './until.ts'

const PREFIX = 'ew-box-'
/** Where a manager of its own makes groups besides: the older hierarchies of a hybrid host, cgroups(7). */
const OTHER_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']

/** A control group (cgroups(7), version 2) of this run's own. */
export interface OwnCgroup extends AsyncDisposable {
  /** The folder; a process that writes its id into `cgroup.procs` there belongs to it. */
  readonly path: string
}

/**
 * Makes one below this process's. A second systemd takes the group that it finds itself in for its own, and so must not share it with anybody. When it is
 * disposed nothing may run in it any more; groups that a killed run left behind go with it.
 */
export async function createOwnCgroup(): Promise<OwnCgroup> {
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  const root = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
  const below = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1]
  if (root === undefined || below === undefined) throw new Error('Cannot make a control group: no cgroup2 is mounted')
  const name = `${PREFIX}${process.pid}`
  const places = [...new Set([root, ...OTHER_ROOTS])].map((place) => join(place, below))
  for (const place of places) for (const stale of await staleIn(place)) await removeGroups(join(place, stale))
  const path = join(root, below, name)
  await mkdir(path)
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const place of places) await removeGroups(join(place, name))
    },
  }
}

async function staleIn(place: string): Promise<readonly string[]> {
  return (await namesIn(place)).filter((name) => name.startsWith(PREFIX) && !isAlive(Number(name.slice(PREFIX.length))))
}

/** From the leaves up; the last of its processes may need a moment to be gone. */
async function removeGroups(path: string): Promise<void> {
  for (const name of await namesIn(path)) await removeGroups(join(path, name))
  await until(`${path} is empty`, async () => {
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    return true
  })
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
