import type { ChildProcess } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { execa } from 'execa'
import { ProgramError } from './program-error.ts'
import { spoolInput } from './spool-input.ts'

/** Every program that the agent may ever start. */
export type ProgramFile =
  | 'nft'
  | 'ipset'
  | `ip${'' | '6'}tables${'' | '-nft' | '-legacy'}-${'save' | 'restore'}`
  | 'systemd-notify'
  | 'conntrack'

export interface ProgramOptions {
  /** Written whole before the program starts, so that it never reads half; an error while it is made starts nothing. No input is an empty one. */
  readonly input?: Iterable<string> | AsyncIterable<string>
  /** 30,000 if not given. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Of standard output and standard error each; 1 MiB if not given. */
  readonly maxOutputBytes?: number
  /** Beside the clean environment. */
  readonly env?: Readonly<Record<string, string>>
  /** `low` for work that may wait for the host's other work. */
  readonly priority?: 'normal' | 'low'
  /** Told the process id as soon as the program runs. */
  readonly onStart?: (pid: number) => void
}

export interface FollowOptions {
  /** Told what the program writes, when it writes it; cut anywhere. */
  readonly onOutput: (text: string) => void
  /** Ends the program. */
  readonly signal: AbortSignal
  readonly priority?: 'normal' | 'low'
  readonly onStart?: (pid: number) => void
}

export interface ProgramResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * Starts a program with an argument list, no shell and a clean environment, and waits for its end. Tests pass their own that enters a network namespace.
 * @throws ProgramError where it did not run to its end
 */
export type RunProgram = (file: ProgramFile, args: readonly string[], options?: ProgramOptions) => Promise<ProgramResult>

/** The end of a program that was followed; of standard error no more than its beginning. */
export type FollowedEnd = Pick<ProgramResult, 'exitCode' | 'stderr'>

/**
 * Starts a program as `RunProgram` does, without input and without a time limit, and hands on what it writes without keeping it.
 * @throws ProgramError where it did not run to its end
 */
export type FollowProgram = (file: ProgramFile, args: readonly string[], options: FollowOptions) => Promise<FollowedEnd>

/** What is read of execa's result. */
interface Ended {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly code?: string | undefined
  readonly cause?: unknown
  readonly stdout: unknown
  readonly stderr: unknown
  readonly timedOut: boolean
  readonly isCanceled: boolean
  readonly isMaxBuffer: boolean
  readonly durationMs: number
}

/** The administrators' folders, whatever a service's own PATH is; the messages that are parsed, whatever its language is. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/**
 * The one `RunProgram` of the running agent. The program dies with it, also by SIGKILL, where setpriv(1) of util-linux is there: one that went on alone could put an
 * older list in force after the next agent has put a newer one there.
 */
export const runProgram: RunProgram = async (file, args, options = {}) => {
  await using input = options.input === undefined ? undefined : await spoolInput(options.input)
  const start = async (started: string, all: readonly string[]): Promise<Ended> => {
    const child = execa(started, all, {
      env: { ...options.env, ...ENVIRONMENT },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      // execa's types name descriptors up to 9 only; any number is passed on as it is.
      stdin: (input?.fd as 3 | undefined) ?? 'ignore',
      timeout: options.timeoutMs ?? 30_000,
      forceKillAfterDelay: 2000,
      maxBuffer: options.maxOutputBytes ?? 1024 * 1024,
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    })
    noteStart(child.pid, options)
    letGoAfterExit(child.nodeChildProcess)
    return await child
  }
  const bound = await start(BINDER, [...BINDING, file, ...args])
  if (isBinderAway(bound, String(bound.stderr))) return judgeEnd(file, await start(file, args))
  refuseUnstarted(file, bound, String(bound.stderr))
  return judgeEnd(file, bound)
}

const MAX_STDERR_LENGTH = 4096
const LET_GO_MS = 2000
const BINDER = 'setpriv'
const BINDING = ['--pdeathsig', 'KILL'] as const

/**
 * The one `FollowProgram` of the running agent. The program dies with it, also by SIGKILL, where setpriv(1) of util-linux is there: a listener that nobody reads
 * would else stay until it writes the next time.
 */
export const followProgram: FollowProgram = async (file, args, options) => {
  const bound = await follow(options, BINDER, [...BINDING, file, ...args])
  if (isBinderAway(bound.ended, bound.stderr)) return followedEnd(file, await follow(options, file, args))
  refuseUnstarted(file, bound.ended, bound.stderr)
  return followedEnd(file, bound)
}

interface Followed {
  readonly ended: Ended
  readonly stderr: string
}

function followedEnd(file: ProgramFile, { ended, stderr }: Followed): FollowedEnd {
  return { exitCode: judgeEnd(file, ended).exitCode, stderr }
}

async function follow(options: FollowOptions, file: string, args: readonly string[]): Promise<Followed> {
  const child = execa(file, args, {
    env: ENVIRONMENT,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    buffer: false,
    forceKillAfterDelay: 2000,
    cancelSignal: options.signal,
  })
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', options.onOutput)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR_LENGTH) stderr += text.slice(0, MAX_STDERR_LENGTH)
  })
  noteStart(child.pid, options)
  letGoAfterExit(child.nodeChildProcess)
  return { ended: await child, stderr }
}

/** It is not there, or may not work: it asks for its own capabilities again (capset(2)), which a sandbox may refuse. The program was not started then. */
function isBinderAway({ code }: Ended, stderr: string): boolean {
  return code === 'ENOENT' || /^setpriv: (?!failed to execute)/.test(stderr)
}

/** What setpriv(1) ends with where it could not start the program. No program of ours ends so. @throws ProgramError NOT_FOUND, NOT_PERMITTED */
function refuseUnstarted(file: string, { exitCode }: Ended, stderr: string): void {
  if (exitCode === 127) throw new ProgramError('NOT_FOUND', `Cannot start ${file}: ENOENT`)
  if (exitCode === 126) throw new ProgramError('NOT_PERMITTED', `Cannot start ${file}: ${stderr.trim()}`)
}

/** What a program started may outlive it and hold its output open; nobody waits for that. */
function letGoAfterExit(child: Pick<ChildProcess, 'stdout' | 'stderr' | 'once'>): void {
  const letGo = (): void => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
  child.once('exit', () => {
    // After a turn of the event loop, in which all that is there is read, however busy this process was.
    const timer = setTimeout(() => setImmediate(() => setImmediate(letGo)), LET_GO_MS)
    child.once('close', () => clearTimeout(timer))
  })
}

function noteStart(pid: number | undefined, { priority, onStart }: Pick<ProgramOptions, 'priority' | 'onStart'>): void {
  if (pid === undefined) return
  onStart?.(pid)
  if (priority === 'low') yieldToOthers(pid)
}

/** What setpriority(2) says of a program that ended meanwhile, and of one that yields more already, because the agent itself does. */
const YIELDS_ANYWAY: ReadonlySet<string | undefined> = new Set(['ESRCH', 'EACCES'])

/** `nice 10`. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch (error) {
    if (!YIELDS_ANYWAY.has((error as { info?: { code?: string } }).info?.code)) throw error
  }
}

function judgeEnd(file: ProgramFile, result: Ended): ProgramResult {
  if (result.timedOut)
    throw new ProgramError('TIMED_OUT', `${file} was killed: it took longer than ${Math.round(result.durationMs)} ms`)
  if (result.isCanceled) throw new ProgramError('CANCELLED', `${file} was stopped: the agent gave up waiting`)
  if (result.isMaxBuffer) throw new ProgramError('TOO_MUCH_OUTPUT', `${file} was killed: it wrote more than the agent reads`)
  if (result.signal !== undefined) throw new ProgramError('KILLED', `${file} was ended by ${result.signal}`)
  if (result.exitCode !== undefined)
    return { stdout: String(result.stdout), stderr: String(result.stderr), exitCode: result.exitCode }
  const words = `Cannot start ${file}: ${result.code ?? 'for a reason the system did not name'}`
  const code =
    result.code === 'ENOENT' ? 'NOT_FOUND' : result.code === 'EACCES' || result.code === 'EPERM' ? 'NOT_PERMITTED' : 'BAD_INPUT'
  throw new ProgramError(code, words, { cause: result.cause ?? result })
}
