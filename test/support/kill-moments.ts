import { watch } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PATIENCE_MS, type TortureEdge } from './torture-edge.ts'
import { until } from './until.ts'

/** Where in the life of an agent something is about to happen, and how long after it (ms, exclusive) a kill may fall. */
export const KILL_MOMENTS = {
  /** The process was started. */
  start: 1500,
  /** It asked for the list. */
  download: 80,
  /** The tool that changes the kernel runs. */
  tool: 120,
  /** That tool is gone: between apply and remember. */
  applied: 12,
  /** Something is written into the folder: beside, fsync, rename, fsync of the folder. */
  memory: 12,
  boot: 30,
  trust: 12,
} as const
export type KillMoment = keyof typeof KILL_MOMENTS

/** A moment that is waited for from the making of this on. */
export interface Awaited extends Disposable {
  /** To be told each line of the agent's log: a tool that was too quick to be seen is heard of there. */
  readonly hear: (line: string) => void
  /** @throws Error where it does not come */
  readonly come: () => Promise<void>
}

/** Waits for `moment` in the life of the agent that `findPid` gives. */
export function awaitMoment(moment: KillMoment, edge: TortureEdge, findPid: () => number | undefined): Awaited {
  using parts = new DisposableStack()
  let hasCome = moment === 'start'
  let hasSeenTool = false
  const isOfTool = moment === 'tool' || moment === 'applied'
  const come = (): void => {
    hasCome = true
  }
  if (moment === 'download')
    parts.use(
      edge.central.listen((path) => {
        if (path.includes('/targets/')) come()
      }),
    )
  if (moment === 'memory' || moment === 'boot' || moment === 'trust') {
    const folder = moment === 'trust' ? join('trust', 'metadata') : moment
    const watcher = watch(join(edge.stateDir, folder), come)
    parts.defer(() => watcher.close())
  }
  const look = async (): Promise<true | undefined> => {
    if (isOfTool && !hasCome) {
      const isThere = (await changingTools(findPid())).length > 0
      if (moment === 'tool' ? isThere : hasSeenTool && !isThere) come()
      hasSeenTool ||= isThere
    }
    return hasCome || undefined
  }
  const all = parts.move()
  return {
    hear(line) {
      if (isOfTool && line.includes('"program was applied"')) come()
    },
    come: () =>
      until(`the moment ${moment} of a kill`, look, { everyMs: 1, deadlineMs: PATIENCE_MS, signal: edge.ended }).then(
        () => undefined,
      ),
    [Symbol.dispose]: () => all.dispose(),
  }
}

/** Children of the agent that change the kernel now. */
export async function changingTools(pid: number | undefined): Promise<readonly number[]> {
  if (pid === undefined) return []
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const found: number[] = []
  for (const child of children.split(' ').filter(Boolean)) {
    const words = (await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).split('\0')
    const isTrial = words.includes('--check') || words.includes('--test')
    if (!isTrial && (words.includes('-f') || words.includes('restore') || words.includes('--noflush'))) found.push(Number(child))
  }
  return found
}

/** `agent`: only the agent's process; `group`: it and all that it started; `tool`: only what changes the kernel. */
export type Victim = 'agent' | 'group' | 'tool'

/**
 * Waits until nothing of the agent's process group runs any more. What is killed in the middle of a call of the kernel ends only after it, and what is read
 * meanwhile, in several steps through ipset, may be of two revisions.
 */
export async function untilGroupGone(pid: number): Promise<void> {
  await until(`nothing of process group ${pid} runs`, async () => !(await runsInGroup(pid)) || undefined, { everyMs: 2 })
}

async function runsInGroup(group: number): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // proc_pid_stat(5): the name may hold spaces and brackets; then state, parent, process group.
    const [state, , found] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    if (Number(found) === group && state !== 'Z' && state !== 'X') return true
  }
  return false
}

/** SIGKILL. Gives whether there was anything to kill. */
export async function killNow(victim: Victim, pid: number): Promise<boolean> {
  const pids = victim === 'agent' ? [pid] : victim === 'group' ? [-pid] : await changingTools(pid)
  let hasKilled = false
  for (const one of pids) {
    try {
      process.kill(one, 'SIGKILL')
      hasKilled = true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return hasKilled
}
