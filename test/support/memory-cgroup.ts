import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from './until.ts'

/** A control group whose processes may use only so much memory. */
export interface MemoryCgroup extends AsyncDisposable {
  /** A process that writes its id into it belongs to the group. */
  readonly procs: string
  /** How many of its processes the kernel has killed for want of memory. */
  kills(): Promise<number>
}

/** Version 2 where it has the controller, else version 1. cgroups(7). `undefined` where neither can be used. */
export async function findMemoryCgroup(label: string, maxBytes: number): Promise<MemoryCgroup | undefined> {
  const mounts = await readFile('/proc/self/mounts', 'utf8')
  const places = [
    { root: /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1], limits: ['memory.max', 'memory.swap.max'], events: 'memory.events' },
    {
      root: /^\S+ (\S+) cgroup \S*\bmemory\b/m.exec(mounts)?.[1],
      limits: ['memory.limit_in_bytes'],
      events: 'memory.oom_control',
    },
  ]
  for (const { root, limits, events } of places) {
    if (root === undefined) continue
    const path = join(root, `${label}-${process.pid}`)
    try {
      await mkdir(path)
      for (const [index, limit] of limits.entries()) await writeFile(join(path, limit), String(index === 0 ? maxBytes : 0))
    } catch {
      await rmdir(path).catch(() => undefined)
      continue // Not ours to use.
    }
    return {
      procs: join(path, 'cgroup.procs'),
      async kills() {
        return Number(/^oom_kill (\d+)$/m.exec(await readFile(join(path, events), 'utf8'))?.[1] ?? 0)
      },
      async [Symbol.asyncDispose]() {
        await until(`${path} is empty`, () => rmdir(path).then(() => true))
      },
    }
  }
  return undefined
}
