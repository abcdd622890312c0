import { join } from 'node:path'

export interface Afterwards {
  readonly folder: string
  readonly statusUrl: string
  readonly controlUrl: string
}

/** What a person can open and type while everything still runs. */
export function describeAfterwards({ folder, statusUrl, controlUrl }: Afterwards): string {
  const socket = join(folder, 'edge', 'agent.sock')
  const config = join(folder, 'edge', 'agent.yaml')
  const tokens = join(folder, 'control', 'tokens.json')
  return `
Open in a browser
  status page of the edge      ${statusUrl}/
  its figures as JSON          ${statusUrl}/status
  control API                  ${controlUrl}/
  its description (OpenAPI)    ${controlUrl}/openapi.json

Type in another terminal, in this folder
  npm run -s agent -- status --socket ${socket}
  printf '%s\\n' 14.225.0.7 10.1.2.3 1.2.3.4/024 | npm run -s agent -- addresses
  npm run -s agent -- parse --format nginx-json < ${join(folder, 'edge', 'access.log')} | tail -3
  npm run -s agent -- replay --format nginx-json ${join(folder, 'edge', 'access.log')}
  npm run -s agent -- check-config --config ${config}

Ask the control API; the tokens of the operator, the approver and a reader are in ${tokens}
  API=${controlUrl}
  T=$(sed -n 's/.*"reader": *"\\([^"]*\\)".*/\\1/p' ${tokens})
  curl -s -H "Authorization: Bearer $T" "$API/v1/registrations?limit=3"
  curl -s -H "Authorization: Bearer $T" "$API/v1/agents"

docs/tour.md explains each line. Everything stays up until Ctrl-C, which removes all of it.`
}
