import { once } from 'node:events'
import type { NetlinkUse } from '../../agent/netlink/open-netlink.ts'
import { ProgramError } from '../../agent/process/program-error.ts'
import type { FollowProgram, RunProgram } from '../../agent/process/run-program.ts'
import { type NamespaceRun, netlinkInNamespace } from './netlink-in-namespace.ts'
import type { TestNamespace } from './netns.ts'
import { boundToParent } from './service.ts'

/** A `RunProgram` whose programs see the namespace in place of the host. Deadlines and signals are left to the test. */
export function runInNamespace(space: TestNamespace): NamespaceRun {
  const run: RunProgram = (file, args, options = {}) =>
    space.run(file, args, {
      timeoutMs: options.timeoutMs ?? 60_000,
      env: { LC_ALL: 'C' },
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.onStart === undefined ? {} : { onStart: options.onStart }),
    })
  return Object.assign(run, { openNetlink: (use: NetlinkUse) => netlinkInNamespace(space)(use) })
}

/** A `FollowProgram` of the same kind. */
export function followInNamespace(space: TestNamespace): FollowProgram {
  return async (file, args, { onOutput, onStart, signal }) => {
    const [bound, rest] = boundToParent(file, args)
    const child = space.start(bound, rest, { env: { LC_ALL: 'C' } })
    const kill = (): void => void child.kill('SIGTERM')
    if (child.pid !== undefined) onStart?.(child.pid)
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', onOutput)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    signal.addEventListener('abort', kill)
    if (signal.aborted) kill()
    const [exitCode] = (await once(child, 'close')) as [number | null]
    signal.removeEventListener('abort', kill)
    if (exitCode === null) throw new ProgramError(signal.aborted ? 'CANCELLED' : 'KILLED', `${file} was ended by a signal`)
    return { exitCode, stderr }
  }
}
