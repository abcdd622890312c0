import { createInterface } from 'node:readline'
import { PassThrough, Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { runCli } from '../../control-api/commands/cli.ts'

export interface RunningControl {
  /** `http://127.0.0.1:<port>`. */
  readonly baseUrl: string
  readonly logLines: readonly string[]
  /** Ends it as SIGTERM would; the exit code. */
  stop(): Promise<number>
}

/** `control serve` in this process, stopped when the running test ends. `configFile` should say port 0. */
export async function serveControl(configFile: string): Promise<RunningControl> {
  const stop = new AbortController()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const logLines: string[] = []
  const address = Promise.withResolvers<string>()
  createInterface({ input: stdout }).on('line', (line) => {
    logLines.push(line)
    const found = /"address":"([^"]+)".*"msg":"listening"/.exec(line)?.[1]
    if (found !== undefined) address.resolve(found)
  })
  const io = { stdin: Readable.from([]), stdout, stderr, signal: stop.signal, env: {} }
  const code = runCli(['serve', '--config', configFile], io)
  code.then(
    (ended) => address.reject(new Error(`control serve ended with ${ended}: ${String(stderr.read())}`)),
    (error: unknown) => address.reject(error),
  )
  const end = async (): Promise<number> => {
    stop.abort('SIGTERM')
    return code
  }
  onTestFinished(async () => {
    await end()
  })
  return { baseUrl: await address.promise, logLines, stop: end }
}
