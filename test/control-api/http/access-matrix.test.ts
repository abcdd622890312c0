import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'

const NOBODY = [] as const
const READERS = ['reader', 'operator', 'approver'] as const
/** Operators and approvers whose token is for one province. */
const OF_PROVINCE = ['province-operator', 'province-approver'] as const
const ROLES = [...READERS, 'assessor', 'portal', 'province', 'facility', ...OF_PROVINCE] as const

/** Who is let in, agents apart: a row for each operation, so that a new route without a row fails. */
const MATRIX: Readonly<Record<string, 'anyone' | readonly (typeof ROLES)[number][]>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'anyone',
  'GET /v1/tokens': ['operator'],
  'DELETE /v1/tokens/{id}': ['operator'],
  'POST /v1/registrations': ['operator', 'province-operator'],
  'GET /v1/registrations': [...READERS, ...OF_PROVINCE],
  'GET /v1/registrations/{id}': [...READERS, ...OF_PROVINCE],
  'POST /v1/registrations/{id}/endorse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/registrations/{id}/approve': ['approver'],
  'POST /v1/registrations/{id}/revoke': ['operator', 'approver'],
  'POST /v1/registrations/{id}/refuse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/registrations/{id}/withdraw': ['operator', 'province-operator'],
  'POST /v1/registrations/approve': ['approver'],
  'GET /v1/audit': READERS,
  'POST /v1/agents/enrol': 'anyone',
  'POST /v1/agents/tokens': ['operator'],
  'GET /v1/agents': READERS,
  'GET /v1/agents/gate-key': NOBODY,
  'DELETE /v1/agents/{id}': ['operator'],
  'POST /v1/reports': NOBODY,
  'GET /v1/agents/{id}/reports': READERS,
  'POST /v1/tallies': NOBODY,
  'GET /v1/fleet': READERS,
  'POST /v1/fleet/{id}/release': ['operator', 'approver'],
  'GET /v1/rehearsal': READERS,
  'POST /v1/rehearsal-counts': NOBODY,
  'GET /v1/policy-rehearsal': [...READERS, 'province', 'facility', ...OF_PROVINCE],
  'GET /v1/policy-rehearsal/rows': [...READERS, 'province', 'facility', ...OF_PROVINCE],
  'GET /v1/policy-rehearsal.csv': [...READERS, 'province', 'facility', ...OF_PROVINCE],
  'GET /v1/policy-rehearsal.xlsx': [...READERS, 'province', 'facility', ...OF_PROVINCE],
  'POST /v1/otp/officers': ['operator', 'province-operator'],
  'GET /v1/otp/officers': [...READERS, ...OF_PROVINCE],
  'POST /v1/otp/officers/import': ['operator', 'province-operator'],
  'POST /v1/otp/officers/{id}/approve': ['approver', 'province-approver'],
  'POST /v1/otp/officers/{id}/refuse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/otp/officers/{id}/revoke': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/otp/officers/{id}/unlock': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/otp/requests': ['portal'],
  'POST /v1/otp/verifications': ['portal'],
  'GET /v1/otp/grants': [...READERS, ...OF_PROVINCE],
  'POST /v1/otp/grants/{id}/revoke': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/grant-uses': NOBODY,
  'GET /v1/sms': READERS,
  // Behind a secret of their own.
  'GET /v1/sms/receipts': 'anyone',
  'POST /v1/sms/receipts': 'anyone',
  'GET /v1/events': READERS,
  'GET /v1/tuf/metadata/{file}': READERS,
  'GET /v1/tuf/targets/{folder}/{file}': READERS,
  'POST /v1/revisions': ['approver'],
  'GET /v1/revisions': READERS,
  'GET /v1/revisions/{revision}': READERS,
  'POST /v1/revisions/shrink-approvals': ['operator', 'approver'],
  'GET /v1/imports': [...READERS, ...OF_PROVINCE],
  'POST /v1/imports': ['operator', 'province-operator'],
  'GET /v1/imports/{id}': [...READERS, ...OF_PROVINCE],
  'GET /v1/imports/{id}/verdicts': [...READERS, ...OF_PROVINCE],
  'GET /v1/imports/{id}/verdicts.csv': [...READERS, ...OF_PROVINCE],
  'POST /v1/imports/{id}/refuse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/users': ['operator', 'province-operator'],
  'GET /v1/users': [...READERS, 'assessor', ...OF_PROVINCE],
  'GET /v1/users/{id}': [...READERS, 'assessor', ...OF_PROVINCE],
  'POST /v1/users/{id}/change': ['operator', 'province-operator'],
  'POST /v1/users/{id}/approve': ['approver', 'province-approver'],
  'POST /v1/users/{id}/refuse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/users/{id}/disable': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/users/{id}/cancel': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/users/approve': ['approver', 'province-approver'],
  'POST /v1/users/refuse': ['operator', 'approver', 'province-operator', 'province-approver'],
  'POST /v1/user-uses': NOBODY,
  'POST /v1/approvers': ['operator', 'province-operator'],
  'GET /v1/approvers': [...READERS, 'assessor', ...OF_PROVINCE],
  'POST /v1/approvers/{id}/grant': ['assessor'],
  'POST /v1/approvers/{id}/refuse': ['operator', 'assessor', 'province-operator'],
  'POST /v1/approvers/{id}/revoke': ['operator', 'assessor', 'province-operator'],
}

describe('every route', () => {
  it('lets in the roles of the table and nobody else', async () => {
    const setup = await createControlAppSetup()
    const { app } = setup
    const as = {
      ...setup.as,
      'province-operator': await setup.token('operator-01', 'operator', '01'),
      'province-approver': await setup.token('approver-01', 'approver', '01'),
    }
    const { paths } = (await app.inject('/openapi.json')).json<{ paths: Record<string, object> }>()
    const found: Record<string, unknown> = {}
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations).map((name) => name.toUpperCase() as 'GET' | 'POST' | 'DELETE')) {
        // Text in place of a number is refused, but only after the role was judged; so is a body that is no JSON.
        const url = path.replaceAll(/\{[^}]+\}/g, 'none')
        const request =
          method === 'POST' ? { method, url, payload: '{', headers: { 'content-type': 'application/json' } } : { method, url }
        const statusOf = async (headers: object) => {
          const answer = await app.inject({
            ...request,
            headers: { ...('headers' in request ? request.headers : {}), ...headers },
            payloadAsStream: true,
          })
          // An event stream would not end by itself.
          answer.stream().destroy()
          return answer.statusCode
        }
        if ((await statusOf({})) !== 401) {
          found[`${method} ${path}`] = 'anyone'
          continue
        }
        const roles = []
        for (const role of ROLES) if ((await statusOf(as[role])) !== 403) roles.push(role)
        found[`${method} ${path}`] = roles
      }
    }
    expect(found).toEqual(MATRIX)
  })
})
