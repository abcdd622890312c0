import type { Readable, Writable } from 'node:stream'

/** Streams and signal of one invocation; tests pass their own. Data goes to `stdout`, words to `stderr`. */
export interface CommandIo {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** Aborted on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
}

/** 0 fine, 1 refused or not found, 2 wrong usage or config. */
export type ExitCode = 0 | 1 | 2

/** One `control` command. `main.ts` prints `--help` from `summary`, `usage` and `example`. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** All after the command's name, an option a line: `--config FILE   the configuration (YAML)`. */
  readonly usage: string
  readonly example: string
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>
}

/** Wrong usage: `main.ts` prints the message and the way to `--help`, and exits 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
