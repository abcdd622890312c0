import { readFileSync } from 'node:fs'
import { cp, symlink } from 'node:fs/promises'
import { ROOT_FOLDER, type StartOwnOptions, startOwn, THIS_HOST } from '../test/support/place.ts'
import type { WorkDir } from '../test/support/work-dir.ts'

/** The agent as JavaScript, which is what an installed one is, and how its unit starts it: options of Node's own and environment. */
export interface InstalledAgent {
  readonly script: string
  readonly options: StartOwnOptions
}

/** Makes in `folder` what `systemd/install` makes of the agent. `command`: which of its services. @throws where the unit starts it another way */
export async function installAgent(folder: WorkDir, command: 'run' | 'watch' = 'run'): Promise<InstalledAgent> {
  for (const part of ['agent', 'rules', 'package.json'])
    await cp(`${ROOT_FOLDER}/${part}`, folder.file(`installed/${part}`), { recursive: true })
  await symlink(`${ROOT_FOLDER}/node_modules`, folder.file('installed/node_modules'))
  for (const part of ['agent', 'rules']) {
    await using strip = startOwn(THIS_HOST, 'strip-types', 'systemd/strip-types.mjs', [folder.file(`installed/${part}`)], {
      nodeArgs: ['--disable-warning=ExperimentalWarning'],
    })
    const { code } = await strip.exited
    if (code !== 0) throw new Error(`Cannot make JavaScript of ${part}: ${strip.lines.join('\n')}`)
  }
  const unit = readFileSync(`${ROOT_FOLDER}/systemd/edgeward-${command === 'run' ? 'agent' : 'watch'}.service`, 'utf8')
  const nodeArgs = new RegExp(String.raw`^ExecStart=\S+/node(( --\S+)*) \S+/agent/main\.js ${command} `, 'm').exec(unit)?.[1]
  if (nodeArgs === undefined) throw new Error('Cannot start the agent as its unit does: no ExecStart of node and agent/main.js')
  const env = Array.from(unit.matchAll(/^Environment=(\w+)=(\S+)$/gm), ([, name = '', value = '']) => [name, value] as const)
  return {
    script: folder.file('installed/agent/main.js'),
    options: { nodeArgs: nodeArgs.split(' ').filter(Boolean), env: Object.fromEntries(env) },
  }
}
