import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { temporaryFolder } from './temporary-folder.ts'

/** A certificate of its own for `localhost`, made for the running test. */
export async function selfSigned(): Promise<{ readonly key: string; readonly cert: string; readonly caFile: string }> {
  return makeSelfSigned(await temporaryFolder(), ['localhost'])
}

/** The same in `folder`, for these names. */
export async function makeSelfSigned(
  folder: string,
  hosts: readonly string[],
): Promise<{ readonly key: string; readonly cert: string; readonly caFile: string }> {
  const [keyFile, caFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = [
    '-subj',
    `/CN=${hosts[0]}`,
    '-addext',
    `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`,
    '-keyout',
    keyFile,
    '-out',
    caFile,
  ]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  await execa('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names])
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(caFile, 'utf8'), caFile }
}
