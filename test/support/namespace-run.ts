import type { RunProgram } from '../../agent/process/run-program.ts'
import type { TestNamespace } from './netns.ts'

/** A `RunProgram` whose programs see the namespace in place of the host. Deadlines and signals are left to the test. */
export function runInNamespace(space: TestNamespace): RunProgram {
  return (file, args, options = {}) =>
    space.run(file, args, {
      timeoutMs: options.timeoutMs ?? 60_000,
      env: { LC_ALL: 'C' },
      ...(options.input === undefined ? {} : { input: options.input }),
    })
}
