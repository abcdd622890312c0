import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

const KEPT_LINES = 400

/** How a program ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program that runs until it is told to stop, with what it said. */
export interface Service extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  /** Undefined while it runs. */
  readonly exit: Exit | undefined
  /** The last lines of standard output and standard error, oldest first. */
  readonly lines: readonly string[]
  /** Writes a line to its standard input. */
  say(line: string): void
  /** Hears every line to come. */
  listen(listener: (line: string) => void): void
  /** The first line (said already or to come) that `matches`. @throws when the program ends before */
  line(matches: RegExp, deadlineMs?: number): Promise<RegExpExecArray>
  /** Sends `signal`, and SIGKILL when it still runs after `graceMs`. Done when it has ended. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<Exit>
}

/** Starts a program beside this one, in this network namespace, with its pipes open. */
export function spawnHere(
  file: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): ChildProcess {
  return spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
}

/**
 * The command line that makes the kernel kill a program with its parent (prctl(2), PR_SET_PDEATHSIG), also when the parent is killed by SIGKILL, and
 * puts it into a session of its own, so that Ctrl-C in a terminal reaches only the parent. As it is where util-linux is not installed.
 */
export function boundToParent(file: string, args: readonly string[]): readonly [string, readonly string[]] {
  const bound = ['--pdeathsig', 'KILL', 'setsid']
  const canBind = spawnSync('setpriv', [...bound, 'true'], { stdio: 'ignore' }).status === 0
  return canBind ? ['setpriv', [...bound, file, ...args]] : [file, args]
}

/** Follows a started program. The pid is the child's own: `setpriv` and `ip netns exec` replace themselves. */
export function createService(name: string, child: ChildProcess): Service {
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  let exit: Exit | undefined
  const exited = new Promise<Exit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      exit ??= { code, signal }
      resolve(exit)
    }
    child.once('close', end)
    child.once('error', (error) => {
      lines.push(String(error))
      end(null, null)
    })
  })
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      for (const listener of listeners) listener(line)
    })
  }
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', graceMs = 5000) => {
    if (exit !== undefined) return exit
    child.kill(signal)
    const timer = new AbortController()
    const late = pause(graceMs, undefined, { signal: timer.signal, ref: false }).then(
      () => child.kill('SIGKILL'),
      () => false,
    )
    const end = await exited
    timer.abort()
    await late
    return end
  }
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    get exit() {
      return exit
    },
    lines,
    say: (line) => child.stdin?.write(`${line}\n`),
    listen: (listener) => listeners.add(listener),
    async line(matches, deadlineMs = 60_000) {
      for (const line of lines) {
        const found = matches.exec(line)
        if (found !== null) return found
      }
      let listener: ((line: string) => void) | undefined
      const timer = new AbortController()
      try {
        return await Promise.race([
          new Promise<RegExpExecArray>((resolve) => {
            listener = (line) => {
              const found = matches.exec(line)
              if (found !== null) resolve(found)
            }
            listeners.add(listener)
          }),
          exited.then(({ code, signal }) => {
            throw new Error(`${name} ended (${code ?? signal}) before it said ${matches}:\n${lines.slice(-20).join('\n')}`)
          }),
          pause(deadlineMs, undefined, { signal: timer.signal }).then(() => {
            throw new Error(`${name} did not say ${matches} in ${deadlineMs} ms:\n${lines.slice(-20).join('\n')}`)
          }),
        ])
      } finally {
        timer.abort()
        if (listener !== undefined) listeners.delete(listener)
      }
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}
