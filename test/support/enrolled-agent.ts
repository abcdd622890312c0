import type { AgentReport } from '../../rules/reports/agent-report.ts'
import { type AgentKey, agentAuthorization, anAgentKey } from './agent-credential.ts'
import type { ControlAppSetup } from './control-app.ts'

/** An edge that is enrolled, as the control API sees it. */
export interface EnrolledAgent {
  readonly id: string
  readonly key: AgentKey
  /** TUF root metadata that it was given. */
  readonly root: string
  /** A fresh Authorization header for one request. */
  authorize(method: string, path: string): Promise<{ authorization: string }>
  report(report: AgentReport): Promise<number>
}

/** Enrols an edge over HTTP. */
export async function enrolAgent({ app, as, clock }: ControlAppSetup, name: string): Promise<EnrolledAgent> {
  const { token } = (await app.inject({ method: 'POST', url: '/v1/agents/tokens', headers: as.operator })).json<{
    token: string
  }>()
  const key = anAgentKey()
  const response = await app.inject({
    method: 'POST',
    url: '/v1/agents/enrol',
    payload: { token, name, publicKey: key.publicKey },
  })
  const { agentId, root } = response.json<{ agentId: string; root: string }>()
  const used = { count: 0 }
  const authorize = (method: string, path: string): Promise<{ authorization: string }> => {
    used.count += 1
    return agentAuthorization(key, { agentId, method, path, atMs: clock.nowMs(), jti: `${name}-${used.count}-credential` })
  }
  return {
    id: agentId,
    key,
    root,
    authorize,
    async report(report) {
      const headers = await authorize('POST', '/v1/reports')
      return (await app.inject({ method: 'POST', url: '/v1/reports', headers, payload: report })).statusCode
    },
  }
}
