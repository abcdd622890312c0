import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { ROOT_FOLDER } from './place.ts'
import { createWorkDir } from './work-dir.ts'

/** A copy of this checkout that nobody edits while it runs. */
export interface CodeCopy extends AsyncDisposable {
  readonly path: string
}

const PARTS = ['agent', 'control-api', 'rules', 'systemd', 'test', 'docs', 'package.json'] as const

/** Copies what is committed, or what lies there now; packages are shared with the checkout. */
export async function createCodeCopy(of: 'commit' | 'checkout'): Promise<CodeCopy> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await createWorkDir('ew-code'))
  const path = folder.file('checkout')
  await mkdir(path)
  if (of === 'commit') {
    const archive = folder.file('commit.tar')
    await execa('git', ['archive', '--format=tar', '--output', archive, 'HEAD', '--', ...PARTS], { cwd: ROOT_FOLDER })
    await execa('tar', ['-xf', archive, '-C', path])
  } else for (const part of PARTS) await cp(join(ROOT_FOLDER, part), join(path, part), { recursive: true })
  await symlink(join(ROOT_FOLDER, 'node_modules'), join(path, 'node_modules'))
  const all = parts.move()
  return { path, [Symbol.asyncDispose]: () => all.disposeAsync() }
}
