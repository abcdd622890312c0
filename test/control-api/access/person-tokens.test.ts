import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'

interface TokenList {
  tokens: { id: string; person: string; revokedAt: string | null }[]
}

describe('tokens of people', () => {
  it('end when they expire', async () => {
    const { app, as, clock } = await createControlAppSetup()
    clock.moveBy(30 * 86_400_000)
    const response = await app.inject({ url: '/v1/agents', headers: as.reader })
    expect(response.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  })

  it('end when they are revoked, and are listed without anything that could be used', async () => {
    const { app, as } = await createControlAppSetup()
    const list = async () => (await app.inject({ url: '/v1/tokens', headers: as.operator })).json<TokenList>().tokens
    const reader = (await list()).find(({ person }) => person === 'reader-1')
    expect((await app.inject({ method: 'DELETE', url: `/v1/tokens/${reader?.id}`, headers: as.operator })).statusCode).toBe(204)
    expect((await app.inject({ url: '/v1/agents', headers: as.reader })).json()).toMatchObject({ code: 'REVOKED' })
    const text = JSON.stringify(await list())
    expect(text).toContain('"revokedAt":"2')
    expect(text).not.toContain(as.reader.authorization.slice('Bearer '.length))
    expect(text).not.toContain('sha256')
  })
})
