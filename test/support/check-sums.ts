import { spawnSync } from 'node:child_process'

/** What `sha256sum --check` says about a file of sums in `folder`. @throws where a sum is wrong or the file is no such file */
export function checkSums(folder: string, sums: string): string {
  const { status, stdout, stderr } = spawnSync('sha256sum', ['--check', '--strict', sums], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`sha256sum ended with ${status}: ${stdout}${stderr}`)
  return stdout
}
