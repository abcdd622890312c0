import { execa } from 'execa'
import { ROOT_FOLDER } from './place.ts'

export interface OwnRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `agent/main.ts` or `control-api/main.ts` to its end. Never throws for an exit code: tests judge it. */
export async function runOwn(
  script: 'agent/main.ts' | 'control-api/main.ts',
  args: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<OwnRun> {
  const result = await execa(process.execPath, [script, ...args], {
    cwd: ROOT_FOLDER,
    reject: false,
    stripFinalNewline: false,
    timeout: 120_000,
    maxBuffer: 100_000_000,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
  })
  if (result.exitCode === undefined)
    throw new Error(`${script} ${args.join(' ')}: ${result.shortMessage}\n${String(result.stderr)}`)
  return { exitCode: result.exitCode, stdout: String(result.stdout), stderr: String(result.stderr) }
}
