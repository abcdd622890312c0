import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'

describe('createControlServer', () => {
  it.each<[string, Record<string, unknown>, number, string]>([
    ['no credential', { method: 'GET', url: '/v1/agents' }, 401, 'UNAUTHENTICATED'],
    [
      'a token nobody made',
      { method: 'GET', url: '/v1/agents', headers: { authorization: 'Bearer nobody-made-this' } },
      401,
      'UNAUTHENTICATED',
    ],
    ['another scheme', { method: 'GET', url: '/v1/agents', headers: { authorization: 'Basic eA==' } }, 401, 'UNAUTHENTICATED'],
    ['a path that is not there', { method: 'GET', url: '/v1/nothing?token=hush' }, 404, 'NOT_FOUND'],
    ['a method the path does not know', { method: 'PATCH', url: '/v1/revisions/7' }, 405, 'METHOD_NOT_ALLOWED'],
  ])('answers %s with a problem', async (_what, request, status, code) => {
    const { app } = await createControlAppSetup()
    const response = await app.inject(request)
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.json()).toMatchObject({ status, code, requestId: response.headers['x-request-id'] })
  })

  it('names the methods that a path takes', async () => {
    const { app } = await createControlAppSetup()
    const response = await app.inject({ method: 'PUT', url: '/v1/revisions' })
    expect(
      String(response.headers.allow)
        .split(', ')
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['GET', 'HEAD', 'POST'])
  })

  it('names all faulty fields at once, before anything is done', async () => {
    const { app } = await createControlAppSetup()
    const body = { token: 'short', name: 'Not A Label', extra: 1 }
    const response = await app.inject({ method: 'POST', url: '/v1/agents/enrol', payload: body })
    expect(response.statusCode).toBe(400)
    const { code, errors } = response.json<{ code: string; errors: { path: string }[] }>()
    expect(code).toBe('BAD_FIELDS')
    expect(new Set(errors.map(({ path }) => path))).toEqual(
      new Set(['/body/token', '/body/name', '/body/publicKey', '/body/extra']),
    )
    expect(response.body).not.toContain('short')
  })

  it.each<[string, Record<string, unknown>, number, string]>([
    ['a body that is no JSON', { payload: '{"token":', headers: { 'content-type': 'application/json' } }, 400, 'BAD_REQUEST'],
    ['another media type', { payload: 'a=b', headers: { 'content-type': 'text/plain' } }, 415, 'WRONG_TYPE'],
    ['a body too large', { payload: { token: 'x'.repeat(5000) } }, 413, 'TOO_LARGE'],
  ])('refuses %s', async (_what, request, status, code) => {
    const { app } = await createControlAppSetup()
    const response = await app.inject({ method: 'POST', url: '/v1/agents/enrol', ...request })
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code])
  })

  it('judges the role before it reads the body', async () => {
    const { app, as } = await createControlAppSetup()
    const response = await app.inject({ method: 'POST', url: '/v1/revisions', headers: as.reader, payload: { mode: 3 } })
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([403, 'FORBIDDEN'])
  })

  it('writes no secret and no query into the log', async () => {
    const { app, as, logLines } = await createControlAppSetup()
    await app.inject({ method: 'GET', url: '/v1/agents?password=hush-query', headers: as.operator })
    await app.inject({
      method: 'POST',
      url: '/v1/agents/enrol',
      payload: { token: 'hush-token-hush-token', name: 'edge-1', publicKey: 'A'.repeat(43) },
    })
    const citizen = Array.from({ length: 12 }, (_, i) => i % 10).join('')
    await app.inject(`/v1/agents/${citizen}`)
    const text = logLines.join('')
    expect(text).not.toContain(citizen)
    expect(text).toContain('"path":"/v1/agents"')
    expect(text).not.toContain('hush')
    expect(text).not.toContain(as.operator.authorization.slice('Bearer '.length))
  })

  it('says that it is ready, and why it is not', async () => {
    const { app, clock } = await createControlAppSetup()
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' })
    const ready = await app.inject('/readyz')
    expect([ready.statusCode, ready.json()]).toEqual([
      200,
      expect.objectContaining({ ready: true, store: 'ok', publication: 'ok', revision: 0 }),
    ])
    clock.moveBy(2 * 86_400_000)
    const late = await app.inject('/readyz')
    expect([late.statusCode, late.json()]).toEqual([503, expect.objectContaining({ ready: false, publication: 'EXPIRED' })])
  })

  it('shows figures for Prometheus', async () => {
    const { app } = await createControlAppSetup()
    await app.inject('/healthz')
    const { body } = await app.inject('/metrics')
    expect(body).toContain('edgeward_control_revision 0')
    expect(body).toContain('edgeward_control_requests_total{method="GET",route="/healthz",status="200"} 1')
  })
})
