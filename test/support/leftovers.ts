import { readdir, readFile } from 'node:fs/promises'

/** A program that runs, as /proc shows it. */
export interface RunningProgram {
  readonly pid: number
  readonly commandLine: string
}

/** Running programs whose command line holds all `texts`, this one apart. */
export async function programsNaming(...texts: readonly string[]): Promise<readonly RunningProgram[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const programs = await Promise.all(
    pids.map(async (pid) => {
      // It may end between the two looks.
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return { pid: Number(pid), commandLine: text.replaceAll('\0', ' ').trim() }
    }),
  )
  return programs.filter(({ commandLine }) => texts.every((text) => commandLine.includes(text)))
}

/** Network namespaces that the process `pid` made. */
export async function namespacesOf(pid: number): Promise<readonly string[]> {
  const names = await readdir('/run/netns').catch(() => [])
  return names.filter((name) => name.startsWith(`ew-${pid}-`))
}
