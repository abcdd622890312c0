import type { FastifyBaseLogger } from 'fastify'
import { type OpenControl, SYSTEM_CLOCK, systemBytes } from '../commands/open-control.ts'
import { dataPaths } from '../config/data-paths.ts'
import { openGateKeys, openUserSecret } from '../publication/secret-files.ts'
import { createUserKeys, type UserKeys } from './user-keys.ts'
import { createUsersDesk, type UsersDesk } from './users-desk.ts'

/** The keys of this machine's data folder. @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE */
export async function openUserKeys({ config, store }: Pick<OpenControl, 'config' | 'store'>): Promise<UserKeys> {
  const paths = dataPaths(config.data.dir)
  const isNeeded = await store.read(async (db) => {
    const user = await db.selectFrom('portal_user').select('id').limit(1).executeTakeFirst()
    return user !== undefined || (await db.selectFrom('user_approver').select('id').limit(1).executeTakeFirst()) !== undefined
  })
  const gateKeys = await openGateKeys(paths.gateKey, systemBytes)
  return createUserKeys(gateKeys, await openUserSecret(paths.userSecret, isNeeded, systemBytes))
}

/** Named users with the keys and the clock of this machine. */
export function openUsersDesk(control: OpenControl, log: FastifyBaseLogger): UsersDesk {
  const { store, publisher, config } = control
  const { idleDays, warnDays } = config.users
  return createUsersDesk({ store, publisher, keys: () => openUserKeys(control), clock: SYSTEM_CLOCK, log, idleDays, warnDays })
}
