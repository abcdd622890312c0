import type { FastifyBaseLogger } from 'fastify'
import { type OpenControl, SYSTEM_CLOCK, systemBytes } from '../commands/open-control.ts'
import { dataPaths } from '../config/data-paths.ts'
import { openGateKeys } from '../publication/secret-files.ts'
import { createSenders } from '../sms/create-senders.ts'
import type { SmsSender, TakeReceipt } from '../sms/sms-sender.ts'
import { openOtpKey } from './otp-key-file.ts'
import { createOtpKeys } from './otp-keys.ts'
import { createOtpService, type OtpService } from './otp-service.ts'

/** One-time codes with the keys, gateways and clock of this machine. @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE */
export async function openOtpService(
  { config, store, publisher }: OpenControl,
  log: FastifyBaseLogger,
  sendersOf?: (takeReceipt: TakeReceipt) => readonly SmsSender[],
): Promise<OtpService> {
  const paths = dataPaths(config.data.dir)
  const known = await store.read((db) => db.selectFrom('otp_officer').select('id').limit(1).execute())
  const secret = await openOtpKey(paths.otpKey, known.length > 0, systemBytes)
  const parts = { clock: SYSTEM_CLOCK, log, randomBytes: systemBytes }
  return createOtpService({
    ...parts,
    store,
    publisher,
    config,
    keys: createOtpKeys(secret, systemBytes),
    gateKeys: () => openGateKeys(paths.gateKey, systemBytes),
    createSenders: sendersOf ?? ((takeReceipt) => createSenders({ ...parts, sms: config.sms, takeReceipt })),
  })
}
