import { PassThrough, Readable } from 'node:stream'
import { runCli } from '../../agent/commands/cli.ts'

/** How an invocation of `agent` ended. */
export interface AgentOutcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an `agent` command in this process, with `input` on its standard input. */
export function runAgent(args: readonly string[], ...input: readonly (string | Uint8Array)[]): Promise<AgentOutcome> {
  return runAgentUntil(new AbortController().signal, args, ...input)
}

/** The same for a service: it is told to stop when `signal` is aborted. */
export async function runAgentUntil(
  signal: AbortSignal,
  args: readonly string[],
  ...input: readonly (string | Uint8Array)[]
): Promise<AgentOutcome> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const texts = Promise.all([stdout, stderr].map(async (stream) => (await stream.toArray()).map(String).join('')))
  const stdin = Readable.from(input.map((chunk) => Buffer.from(chunk)))
  const exitCode = await runCli(args, { stdin, stdout, stderr, signal, env: {} })
  stdout.end()
  stderr.end()
  const [out = '', err = ''] = await texts
  return { exitCode, stdout: out, stderr: err }
}
