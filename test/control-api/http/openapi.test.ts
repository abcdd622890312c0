import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'

interface Operation {
  responses?: Record<string, { description?: string }>
  security?: unknown[]
  parameters?: { name: string; in: string; required?: boolean }[]
  requestBody?: { content: object }
  summary?: string
}
interface Description {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: object; schemas?: object }
}

async function describeIt(): Promise<Description> {
  const { app } = await createControlAppSetup()
  return (await app.inject('/openapi.json')).json<Description>()
}

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 with the routes of the contract', async () => {
    const { openapi, paths } = await describeIt()
    expect(openapi).toMatch(/^3\.1\./)
    const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    expect(routes).toEqual(
      expect.arrayContaining([
        'post /v1/agents/enrol',
        'get /v1/tuf/metadata/{file}',
        'get /v1/tuf/targets/{folder}/{file}',
        'get /v1/events',
        'post /v1/reports',
        'get /v1/agents',
        'post /v1/agents/tokens',
        'delete /v1/agents/{id}',
        'post /v1/revisions',
        'post /v1/revisions/shrink-approvals',
        'get /v1/revisions',
        'get /v1/revisions/{revision}',
      ]),
    )
  })

  it('gives every operation a summary, described answers, all path parameters, and security unless anyone may', async () => {
    const { paths } = await describeIt()
    const faults = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        const at = `${method} ${path}`
        const wanted = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1])
        const given = (operation.parameters ?? [])
          .filter((one) => one.in === 'path' && one.required === true)
          .map((one) => one.name)
        const isOpen = !path.startsWith('/v1') || ['/v1/agents/enrol', '/v1/sms/receipts'].includes(path)
        return [
          ...(operation.summary === undefined ? [`${at}: no summary`] : []),
          ...(Object.values(operation.responses ?? {}).every((one) => typeof one.description === 'string')
            ? []
            : [`${at}: answer without description`]),
          ...(operation.responses?.['4XX'] === undefined ? [`${at}: no problem`] : []),
          ...(wanted.every((name) => given.includes(name ?? '')) ? [] : [`${at}: path parameter missing`]),
          ...(isOpen === (operation.security === undefined) ? [] : [`${at}: security`]),
        ]
      }),
    )
    expect(faults).toEqual([])
  })

  it('refers to nothing that is not there', async () => {
    const description = await describeIt()
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')
    const missing = references.filter((reference) => find(description, reference) === undefined)
    expect(missing).toEqual([])
  })
})

function find(root: unknown, reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), root)
}
