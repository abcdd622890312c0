import { createHash, createPublicKey } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ControlClient } from '../../../agent/control/control-client.ts'
import { type EnrolOrder, enrolAgent } from '../../../agent/enrol/enrol-agent.ts'
import { parseEnrolToken } from '../../../agent/enrol/enrol-token.ts'
import { loadIdentity } from '../../../agent/enrol/identity-store.ts'
import type { EnrolRequest } from '../../../rules/reports/enrolment.ts'
import { createControlAppSetup } from '../../support/control-app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const NEVER = new AbortController().signal

/** A control API that gives out `rootOf` its true root, and what it was asked. */
async function scene(rootOf: (root: string) => string = (root) => root) {
  const { app, as } = await createControlAppSetup()
  const folder = await temporaryFolder()
  const asked: EnrolRequest[] = []
  const client = {
    async postJson(path: string, body: unknown) {
      asked.push(body as EnrolRequest)
      const response = await app.inject({ method: 'POST', url: path, payload: body as object })
      if (response.statusCode !== 201) throw Object.assign(new Error(response.body), { code: 'CONTROL_REFUSED' })
      const answer = response.json<{ agentId: string; root: string }>()
      return { ...answer, root: rootOf(answer.root) }
    },
  } as Partial<ControlClient> as ControlClient
  const { token } = (await app.inject({ method: 'POST', url: '/v1/agents/tokens', headers: as.operator })).json<{
    token: string
  }>()
  const order: EnrolOrder = {
    tokenText: `${token}\n`,
    name: 'edge-1',
    identityDirectory: join(folder, 'identity'),
    trustDirectory: join(folder, 'trust'),
  }
  return { client, order, asked, folder, token }
}

describe('enrolAgent', () => {
  it('binds a key that never leaves, pins the root, and is known after a restart', async () => {
    const { client, order, asked, token } = await scene()
    const identity = await enrolAgent(client, order, NEVER)
    const loaded = await loadIdentity(order.identityDirectory)
    expect([loaded.agentId, loaded.name]).toEqual([identity.agentId, 'edge-1'])
    const { x } = createPublicKey(loaded.privateKey).export({ format: 'jwk' })
    expect(asked).toEqual([{ token, name: 'edge-1', publicKey: x }])
    const root = await readFile(join(order.trustDirectory, 'pinned-root.json'))
    expect(token.endsWith(createHash('sha256').update(root).digest('hex').slice(0, 32))).toBe(true)
    const files = ['identity/identity.key', 'identity/identity.json', 'trust/pinned-root.json']
    const modes = await Promise.all(
      files.map(async (file) => (await stat(join(order.identityDirectory, '..', file))).mode & 0o777),
    )
    expect(modes).toEqual([0o600, 0o600, 0o600])
  })

  it('refuses a root that the token does not name, and is not enrolled', async () => {
    const { client, order } = await scene((root) => `${root} `)
    await expect(enrolAgent(client, order, NEVER)).rejects.toMatchObject({ code: 'ROOT_MISMATCH' })
    await expect(loadIdentity(order.identityDirectory)).rejects.toMatchObject({ code: 'NOT_ENROLLED' })
  })

  it('refuses to enrol twice, and spends no second token', async () => {
    const { client, order, asked } = await scene()
    await enrolAgent(client, order, NEVER)
    await expect(enrolAgent(client, order, NEVER)).rejects.toMatchObject({ code: 'ALREADY_ENROLLED' })
    expect(asked).toHaveLength(1)
  })

  it('spends no token where the state cannot be written', async () => {
    const { client, order, asked, folder } = await scene()
    await writeFile(join(folder, 'identity'), 'a file where the folder should be')
    await expect(enrolAgent(client, order, NEVER)).rejects.toMatchObject({ code: 'IDENTITY_BROKEN' })
    const elsewhere = { ...order, identityDirectory: join(folder, 'identity-2') }
    await mkdir(join(elsewhere.identityDirectory, 'identity.key.new', 'in-the-way'), { recursive: true })
    await mkdir(join(elsewhere.identityDirectory, 'identity.key'), { recursive: true })
    await expect(enrolAgent(client, elsewhere, NEVER)).rejects.toMatchObject({ code: 'STATE_UNWRITABLE' })
    expect(asked).toEqual([])
  })

  it.each([
    ['', 'empty'],
    ['abc', 'too short'],
    [`${'a'.repeat(43)}.${'f'.repeat(31)}`, 'a short fingerprint'],
    [`${'a'.repeat(43)}.${'F'.repeat(32)}`, 'upper case'],
    [`${'a'.repeat(43)} ${'f'.repeat(32)}`, 'a space for the dot'],
  ])('refuses the token %j: %s', (text) => {
    expect(() => parseEnrolToken(text)).toThrow(
      expect.objectContaining({ code: 'TOKEN_MALFORMED', message: expect.not.stringContaining('aaaa') }),
    )
  })
})

describe('loadIdentity', () => {
  it.each<[string, (folder: string) => Promise<void>, string]>([
    ['a key that others can read', (folder) => chmod(join(folder, 'identity.key'), 0o640), 'IDENTITY_EXPOSED'],
    ['a torn key', (folder) => writeFile(join(folder, 'identity.key'), '-----BEGIN'), 'IDENTITY_BROKEN'],
    ['a torn record', (folder) => writeFile(join(folder, 'identity.json'), '{"format"'), 'IDENTITY_BROKEN'],
    ['an empty record', (folder) => writeFile(join(folder, 'identity.json'), ''), 'IDENTITY_BROKEN'],
  ])('refuses %s', async (_what, spoil, code) => {
    const { client, order } = await scene()
    await enrolAgent(client, order, NEVER)
    expect((await readdir(order.identityDirectory)).sort()).toEqual(['identity.json', 'identity.key'])
    await spoil(order.identityDirectory)
    await expect(loadIdentity(order.identityDirectory)).rejects.toMatchObject({ code })
  })
})
