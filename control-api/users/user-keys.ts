import { createHmac, createSecretKey } from 'node:crypto'
import { type GateKeys, gateKeyId } from '../../rules/gate/gate-keys.ts'
import { createGateTokens } from '../../rules/gate/gate-token.ts'
import { TOKEN_BYTES, tokenText } from '../../rules/tallies/account-token.ts'

/** What stands for a citizen ID, which is kept nowhere. */
export interface UserKeys {
  /** Ids of the gate keys, newest first. */
  readonly keyIds: readonly string[]
  /** The account of a person at a facility under each gate key. */
  tokensOf(facility: string, citizenId: string): readonly { readonly keyId: string; readonly token: string }[]
  /** The person, whatever the facility, under a key that edges do not hold. */
  personToken(citizenId: string): string
}

/** @param secret of `users.key`, 32 bytes */
export function createUserKeys(gateKeys: GateKeys, secret: Uint8Array): UserKeys {
  const key = createSecretKey(secret)
  const makers = gateKeys.map((key) => ({ keyId: gateKeyId(key), tokenOf: createGateTokens(key) }))
  return {
    keyIds: makers.map(({ keyId }) => keyId),
    tokensOf: (facility, citizenId) =>
      makers.map(({ keyId, tokenOf }) => ({ keyId, token: tokenOf(`${facility}_${citizenId}`) })),
    personToken: (citizenId) =>
      tokenText(createHmac('sha256', key).update('person\0').update(citizenId).digest().subarray(0, TOKEN_BYTES)),
  }
}
