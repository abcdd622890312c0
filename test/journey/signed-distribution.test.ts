import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllowDocument } from '../../rules/revisions/parse-allow-document.ts'
import { type AgentKey, agentAuthorization, anAgentKey } from '../support/agent-credential.ts'
import { runControl } from '../support/run-command.ts'
import { type RunningControl, serveControl } from '../support/running-control.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createTufClient, type TufClient } from '../support/tuf-client.ts'

interface Edge {
  readonly client: TufClient
  get(path: string): Promise<Response>
}

interface World {
  readonly data: string
  readonly configFile: string
  readonly control: RunningControl
  readonly tokens: Readonly<Record<string, string>>
}

/** init → sample → serve. */
async function aWorld(): Promise<World> {
  const folder = await temporaryFolder()
  const data = join(folder, 'data')
  const configFile = join(folder, 'control.yaml')
  await writeFile(configFile, `data: {dir: ${data}}\nserver: {port: 0}\n`)
  const { stdout } = await runControl('init', '--config', configFile)
  await runControl('sample', '--data', data, '--facilities', '20', '--addresses', '40')
  return { data, configFile, control: await serveControl(configFile), tokens: JSON.parse(stdout) as Record<string, string> }
}

function asPerson({ control, tokens }: World, role: string): (method: string, path: string, body?: object) => Promise<Response> {
  return (method, path, body) =>
    fetch(new URL(path, control.baseUrl), {
      method,
      headers: { authorization: `Bearer ${tokens[role]}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
}

/** Enrols as an edge does: checks the root by the token, then trusts nothing else. */
async function anEdge(world: World): Promise<Edge> {
  const { token } = (await (await asPerson(world, 'operator')('POST', '/v1/agents/tokens')).json()) as { token: string }
  const key: AgentKey = anAgentKey()
  const enrolment = await fetch(new URL('/v1/agents/enrol', world.control.baseUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, name: 'edge-1', publicKey: key.publicKey }),
  })
  const { agentId, root } = (await enrolment.json()) as { agentId: string; root: string }
  expect(
    createHash('sha256')
      .update(root)
      .digest('hex')
      .startsWith(token.split('.')[1] ?? '-'),
  ).toBe(true)
  const get = async (path: string): Promise<Response> => {
    const claims = { agentId, method: 'GET', path, atMs: Date.now(), jti: `journey ${path}` }
    return fetch(new URL(path, world.control.baseUrl), { headers: await agentAuthorization(key, claims) })
  }
  const client = await createTufClient(Buffer.from(root), async (path) => {
    const response = await get(`/v1/tuf/${path}`)
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : response.status
  })
  return { client, get }
}

describe('the way of a list to an edge', () => {
  it('init, sample, publish, fetch: the edge holds exactly what was published, again after every publication', async () => {
    const world = await aWorld()
    const edge = await anEdge(world)
    const published = await asPerson(world, 'approver')('POST', '/v1/revisions', { mode: 'enforce' })
    expect(published.status).toBe(201)
    const figures = (await published.json()) as { revision: number; entries: number; digest: string }
    expect(figures).toMatchObject({ revision: 1, entries: 40, added: 40, removed: 0 })
    const first = parseAllowDocument((await edge.client.fetchNewest())?.document ?? Buffer.alloc(0))
    expect(first.header).toMatchObject({ revision: 1, mode: 'enforce', entries: 40, digest: figures.digest })

    const beside = await runControl('publish', '--config', world.configFile, '--force', '--json')
    expect(JSON.parse(beside.stdout)).toMatchObject({ revision: 2, isNew: true })
    expect((await edge.client.fetchNewest())?.revision).toBe(2)
  })

  it('tells edges at once of a publication by a command beside the service', async () => {
    const world = await aWorld()
    const edge = await anEdge(world)
    const stream = await edge.get('/v1/events')
    const reader = (stream.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toContain('{"revision":0}')
    await runControl('publish', '--config', world.configFile)
    expect((await reader.read()).value).toContain('{"revision":1}')
    await reader.cancel()
  })

  it.each([
    ['the list', (path: string) => path.startsWith('targets/')],
    ['the targets metadata', (path: string) => /^metadata\/\d+\.targets/.test(path)],
    ['the timestamp', (path: string) => path === 'metadata/timestamp.json'],
  ])('refuses %s with one byte changed on the way', async (_what, isChanged) => {
    const world = await aWorld()
    const edge = await anEdge(world)
    await asPerson(world, 'approver')('POST', '/v1/revisions', {})
    const folder = join(world.data, 'publication')
    const paths = (await readdir(folder, { recursive: true })).filter((path) => isChanged(path) && /\.\w+$/.test(path))
    for (const path of paths) {
      const bytes = await readFile(join(folder, path))
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(join(folder, path), bytes)
    }
    expect(paths.length).toBeGreaterThan(0)
    await expect(edge.client.fetchNewest()).rejects.toThrow()
  })

  it('goes on where it was after a stop, and signs the timestamp again', async () => {
    const world = await aWorld()
    const edge = await anEdge(world)
    await asPerson(world, 'approver')('POST', '/v1/revisions', {})
    await edge.client.fetchNewest()
    const before = await readFile(join(world.data, 'publication/metadata/timestamp.json'), 'utf8')
    expect(await world.control.stop()).toBe(0)
    const again = { ...world, control: await serveControl(world.configFile) }
    expect(await readFile(join(world.data, 'publication/metadata/timestamp.json'), 'utf8')).not.toBe(before)
    const response = await asPerson(again, 'reader')('GET', '/v1/revisions')
    expect(await response.json()).toMatchObject({ newestRevision: 1, revisions: [{ revision: 1, state: 'published' }] })
    expect((await runControl('audit', 'verify', '--data', world.data)).code).toBe(0)
  })
})
