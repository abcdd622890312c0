import { mkdirSync } from 'node:fs'
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the agent looks for its tools last and first finds them. */
const TOOLS = '/usr/sbin'

/** `/usr/sbin` as one agent sees it, in which any tool can be replaced while it runs. */
export interface StandIns {
  /** Puts a shell script in place of `tool`; `REAL` in it is the true one. */
  replace(tool: string, script: string): Promise<void>
  /** `tool` is not installed. */
  remove(tool: string): Promise<void>
  /** The true one again. */
  restore(tool: string): Promise<void>
  /** The command line that starts a program in a mount namespace of its own with these tools. */
  wrap(commandLine: readonly string[]): readonly string[]
}

/** Makes them below `folder`: links to the true ones, which are to be seen at another path. */
export async function createStandIns(folder: string): Promise<StandIns> {
  const seen = join(folder, 'sbin')
  const real = join(folder, 'real')
  for (const path of [seen, real]) mkdirSync(path, { recursive: true })
  for (const name of await readdir(TOOLS)) await symlink(join(real, name), join(seen, name))
  const put = async (tool: string, make: (path: string) => Promise<void>): Promise<void> => {
    const beside = join(folder, `${tool}.new`)
    await rm(beside, { force: true })
    await make(beside)
    await rename(beside, join(seen, tool))
  }
  await mkdir(seen, { recursive: true })
  return {
    replace: (tool, script) =>
      put(tool, (path) => writeFile(path, `#!/bin/sh\nREAL=${join(real, tool)}\n${script}\n`, { mode: 0o755 })),
    remove: (tool) => rm(join(seen, tool), { force: true }),
    restore: (tool) => put(tool, (path) => symlink(join(real, tool), path)),
    // `/usr/local/sbin` comes before and is taken away: a tool of the administrator's own would be found there.
    wrap: (line) => [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `mount --bind ${TOOLS} ${real} && mount --bind ${seen} ${TOOLS} && exec "$@"`,
      'sh',
      ...line,
    ],
  }
}
