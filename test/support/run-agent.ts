import { Readable, Writable } from 'node:stream'
import { runCli } from '../../agent/commands/cli.ts'

/** What a command answered. */
export interface AgentAnswer {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an `agent` command in this process, as its `main.ts` would. */
export async function runAgent(args: readonly string[], stdin = '', signal = new AbortController().signal): Promise<AgentAnswer> {
  const out: string[] = []
  const err: string[] = []
  const exitCode = await runCli(args, {
    stdin: Readable.from([stdin]),
    stdout: collect(out),
    stderr: collect(err),
    signal,
    env: {},
  })
  return { exitCode, stdout: out.join(''), stderr: err.join('') }
}

function collect(texts: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString('utf8'))
      done()
    },
  })
}
