import { availableParallelism, release } from 'node:os'
import { execa } from 'execa'
import { ROOT_FOLDER } from './place.ts'

/** What a result was got on. */
export interface Machine {
  /** `2024-07-27`, UTC. */
  readonly date: string
  /** Abbreviated, with `+` where the checkout holds more than is committed. */
  readonly commit: string
  readonly kernel: string
  /** `undefined` where nft is not installed. */
  readonly nft: string | undefined
  readonly cores: number
}

/** Asks git, the kernel and nft. */
export async function describeMachine(now: Date): Promise<Machine> {
  const commit = await wordOf('git', ['rev-parse', '--short', 'HEAD'])
  const changed = await wordOf('git', ['status', '--porcelain', '--untracked-files=no', '--', 'rules', 'agent', 'control-api'])
  return {
    date: now.toISOString().slice(0, 10),
    commit: commit === undefined ? 'unknown' : `${commit}${changed === '' || changed === undefined ? '' : '+'}`,
    kernel: release(),
    nft: /v([\d.]+)/.exec((await wordOf('nft', ['--version'])) ?? '')?.[1],
    cores: availableParallelism(),
  }
}

async function wordOf(file: string, args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await execa(file, [...args], { cwd: ROOT_FOLDER, reject: false, timeout: 30_000 })
  return exitCode === 0 ? stdout : undefined
}
