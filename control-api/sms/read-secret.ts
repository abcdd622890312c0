import { readFile, stat } from 'node:fs/promises'
import { SmsError } from './sms-errors.ts'

/** The secret in a file that nobody else may read, without the line's end. @throws SmsError SECRET_MISSING, SECRET_EXPOSED */
export async function readSecret(path: string): Promise<string> {
  const missing = (cause: unknown): never => {
    throw new SmsError('SECRET_MISSING', `Cannot read the secret in ${path}`, { cause })
  }
  const { mode } = await stat(path).catch(missing)
  if ((mode & 0o077) !== 0) throw new SmsError('SECRET_EXPOSED', `Cannot use ${path}: others can read it; run chmod 600 on it`)
  const secret = (await readFile(path, 'utf8').catch(missing)).replace(/\r?\n$/, '')
  if (secret === '') throw new SmsError('SECRET_MISSING', `Cannot use ${path}: it is empty`)
  return secret
}
