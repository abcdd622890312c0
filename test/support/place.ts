import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { boundToParent, createService, type Service, spawnHere } from './service.ts'

/** The checkout. */
export const ROOT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

/** Where a program runs: a namespace of a test network, or this host. */
export interface Place {
  start(file: string, args: readonly string[], options?: { env?: Readonly<Record<string, string>>; cwd?: string }): ChildProcess
}

/** This host itself: for what no namespace can hold. */
export const THIS_HOST: Place = { start: spawnHere }

export interface StartOwnOptions {
  /** Before the script: options of Node's own. */
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts one of this checkout's own programs with this Node; it dies with this process. */
export function startOwn(
  place: Place,
  name: string,
  script: string,
  args: readonly string[],
  { nodeArgs = [], env = {} }: StartOwnOptions = {},
): Service {
  const [file, rest] = boundToParent(process.execPath, [...nodeArgs, script, ...args])
  return createService(name, place.start(file, rest, { cwd: ROOT_FOLDER, env }))
}
