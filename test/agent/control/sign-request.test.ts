import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createRequestSigner } from '../../../agent/control/sign-request.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

describe('createRequestSigner', () => {
  it('binds a short-lived token to one method and path', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const clock = createMovableClock(Date.UTC(2024, 6, 27))
    const sign = createRequestSigner({ agentId: 'agent-1', name: 'edge-1', privateKey }, clock)
    const tokens = await Promise.all([sign('POST', '/v1/reports'), sign('POST', '/v1/reports')])
    const verified = await Promise.all(
      tokens.map((header) =>
        jwtVerify(header.replace(/^Bearer /, ''), publicKey, {
          audience: 'edgeward-control',
          currentDate: new Date(clock.nowMs()),
        }),
      ),
    )
    expect(verified[0]?.protectedHeader).toEqual({ alg: 'EdDSA', kid: 'agent-1' })
    const issuedAt = clock.nowMs() / 1000
    expect(verified[0]?.payload).toMatchObject({
      iss: 'agent-1',
      iat: issuedAt,
      exp: issuedAt + 60,
      htm: 'POST',
      htu: '/v1/reports',
    })
    expect(verified[0]?.payload.jti).not.toBe(verified[1]?.payload.jti)
  })
})
