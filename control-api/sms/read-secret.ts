import { readFile, stat } from 'node:fs/promises'
import { SmsError } from './sms-errors.ts'

/** Letters that stand in an address as they are: a gateway gets it inside of one. */
const RECEIPT_SECRET = /^[A-Za-z0-9_-]{16,128}$/

/** The secret that receipts come with. @throws SmsError SECRET_MISSING, SECRET_EXPOSED, SECRET_UNFIT */
export async function readReceiptSecret(path: string): Promise<string> {
  const secret = await readSecret(path)
  if (RECEIPT_SECRET.test(secret)) return secret
  throw new SmsError('SECRET_UNFIT', `Cannot use the secret in ${path}: it must be 16 to 128 letters, digits, - or _`)
}

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
