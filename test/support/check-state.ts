import { join } from 'node:path'
import { createFileMemory } from '../../agent/memory/file-memory.ts'
import { sha256Of } from '../../agent/sync/held-revision.ts'
import type { TestNamespace } from './netns.ts'
import { ROOT_FOLDER } from './place.ts'
import { readNftKernel } from './read-kernel.ts'
import type { SignedCentral } from './signed-central.ts'

/** The revision that the memory on disk holds; 0 for none. @throws Error where it is torn, unsigned, or of two minds */
export async function checkMemory(stateDir: string, { signed }: SignedCentral): Promise<number> {
  const { lastGood, trusted, faults } = await createFileMemory(join(stateDir, 'memory')).recall()
  if (faults.length > 0) throw new Error(`The memory is broken: ${JSON.stringify(faults)}`)
  if (lastGood === undefined) {
    if (trusted !== undefined) throw new Error(`The memory trusts revision ${trusted.revision} and holds no list`)
    return 0
  }
  const made = signed.get(lastGood.revision)
  if (made === undefined || sha256Of(made.bytes) !== sha256Of(lastGood.bytes))
    throw new Error(`The memory holds bytes under revision ${lastGood.revision} that nobody signed`)
  if (trusted !== undefined && trusted.revision > lastGood.revision)
    throw new Error(`The memory trusts revision ${trusted.revision} and holds only ${lastGood.revision}`)
  return lastGood.revision
}

/** The revision that a boot would put in force, put in force in `boot` and taken away again; 0 for none. @throws Error where the program is torn or nobody signed it */
export async function checkBoot(stateDir: string, { signed }: SignedCentral, boot: TestNamespace): Promise<number> {
  const { exitCode, stderr } = await boot.run('sh', [join(ROOT_FOLDER, 'systemd/edgeward-load')], {
    env: { STATE_DIRECTORY: stateDir },
  })
  if (exitCode !== 0) throw new Error(`The boot loader ended with ${exitCode}: ${stderr}`)
  const loaded = await readNftKernel(boot)
  await boot.run('nft', ['flush', 'ruleset'])
  if (loaded === undefined) return 0
  const made = signed.get(loaded.revision)
  if (made?.digest !== loaded.digest || loaded.elements !== loaded.digest)
    throw new Error(`The boot would load what nobody signed: ${JSON.stringify(loaded)}`)
  return loaded.revision
}
