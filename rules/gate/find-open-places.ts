import { type NginxDirective, readNginxConfig } from './read-nginx-config.ts'

/** How a request can reach the portal without the gate. */
export const OPEN_PLACES = {
  NO_GATE: 'nothing asks the gate here: include edgeward-gate.conf in its server, and take `auth_request off` away',
  OTHER_GATE: 'auth_request asks something else than the gate here',
  SATISFY_ANY: '`satisfy any` lets a request pass that the gate refused',
  RETURNS_FIRST: 'this answers before the gate is asked: `return` runs before auth_request',
  OTHER_HEADERS:
    'the portal could read another token or address here than the gate did: include edgeward-portal.conf beside proxy_pass',
  OTHER_TARGET:
    'the portal reads another target here than the gate did: proxy_pass takes no path and no variable, and nothing is rewritten',
  STREAM: 'a stream proxy passes bytes on, and no gate can be asked',
} as const

/** One place of a configuration past the gate. */
export interface OpenPlace {
  readonly code: keyof typeof OPEN_PLACES
  /** `server egw.example, location /api`. */
  readonly where: string
  readonly file: string
  readonly line: number
}

/** How many places were looked at, and those where the gate is not asked. */
export interface ProxyFindings {
  readonly servers: number
  readonly locations: number
  readonly open: readonly OpenPlace[]
}

interface Scope {
  readonly where: string
  readonly gate: string | undefined
  readonly isAny: boolean
  /** Names that the nearest `proxy_set_header` lines set, in lower case. */
  readonly sent: ReadonlySet<string>
  readonly isRewritten: boolean
}

/** What the portal may be told by the proxy alone. */
const JUDGED_HEADERS = ['accesstoken', 'authorization', 'x-forwarded-for', 'x-real-ip']
/** An upstream, and nothing behind it. */
const WHOLE_TARGET = /^https?:\/\/[^/$]+$/

/** Walks a configuration as `nginx -T` prints it. @param gateTarget upstream that the gate answers */
export function findOpenPlaces(text: string, gateTarget = 'http://edgeward_gate'): ProxyFindings {
  const open: OpenPlace[] = []
  let [servers, locations] = [0, 0]
  const note = (code: OpenPlace['code'], { where }: Scope, { file, line }: NginxDirective): void =>
    void open.push({ code, where, file, line })

  function walkServer(server: NginxDirective, above: Scope): void {
    servers += 1
    const block = server.block ?? []
    const scope = scopeOf(block, { ...above, where: `server ${find(block, 'server_name')?.words.slice(1).join(' ') ?? '_'}` })
    const gates = gateLocations(block, gateTarget)
    noteReturns(block, scope)
    const inside = all(block, 'location')
    // A server that refuses all by itself needs no gate; one without a location serves files.
    if (inside.length === 0 && !refuses(block)) judgeScope(scope, server, gates)
    for (const location of inside) walkLocation(location, scope, gates)
  }

  function walkLocation(location: NginxDirective, above: Scope, gates: ReadonlySet<string>): void {
    const block = location.block ?? []
    const name = location.words.slice(1).join(' ')
    const scope = scopeOf(block, { ...above, where: `${above.where}, location ${name}` })
    const isInternal = name.startsWith('@') || find(block, 'internal') !== undefined
    if (!isInternal) {
      locations += 1
      noteReturns(block, scope)
      if (!refuses(block)) judgeScope(scope, location, gates)
    }
    judgePass(block, scope, gates)
    for (const inner of all(block, 'location')) walkLocation(inner, scope, gates)
    for (const inner of [...all(block, 'if'), ...all(block, 'limit_except')]) {
      const innerScope = scopeOf(inner.block ?? [], scope)
      judgePass(inner.block ?? [], innerScope, gates)
      if (!isInternal && innerScope.gate !== scope.gate) judgeScope(innerScope, inner, gates)
    }
  }

  function judgeScope(scope: Scope, at: NginxDirective, gates: ReadonlySet<string>): void {
    if (scope.gate === undefined || scope.gate === 'off') note('NO_GATE', scope, at)
    else if (!gates.has(scope.gate)) note('OTHER_GATE', scope, at)
    if (scope.isAny) note('SATISFY_ANY', scope, at)
  }

  /** Requests that go on must be those that were judged. */
  function judgePass(block: readonly NginxDirective[], scope: Scope, gates: ReadonlySet<string>): void {
    const pass = find(block, 'proxy_pass')
    if (pass === undefined || !gates.has(scope.gate ?? '')) return
    if (!JUDGED_HEADERS.every((name) => scope.sent.has(name))) note('OTHER_HEADERS', scope, pass)
    if (scope.isRewritten || !WHOLE_TARGET.test(pass.words[1] ?? '')) note('OTHER_TARGET', scope, pass)
  }

  function noteReturns(block: readonly NginxDirective[], scope: Scope): void {
    for (const directive of [...block, ...all(block, 'if').flatMap((one) => one.block ?? [])]) {
      if (directive.words[0] === 'return' && answers(directive)) note('RETURNS_FIRST', scope, directive)
    }
  }

  for (const root of readNginxConfig(text)) {
    if (root.words[0] === 'stream') {
      const servesBytes = all(root.block ?? [], 'server').filter((server) => find(server.block ?? [], 'proxy_pass') !== undefined)
      for (const server of servesBytes) note('STREAM', { ...NOWHERE, where: 'stream' }, server)
    }
    if (root.words[0] !== 'http') continue
    const block = root.block ?? []
    const scope = scopeOf(block, { ...NOWHERE, where: 'http' })
    for (const server of all(block, 'server')) walkServer(server, scope)
  }
  return { servers, locations, open }
}

const NOWHERE: Scope = { where: '', gate: undefined, isAny: false, sent: new Set(), isRewritten: false }

function scopeOf(block: readonly NginxDirective[], above: Scope): Scope {
  const sent = all(block, 'proxy_set_header').map(({ words }) => (words[1] ?? '').toLowerCase())
  return {
    where: above.where,
    gate: find(block, 'auth_request')?.words[1] ?? above.gate,
    isAny: (find(block, 'satisfy')?.words[1] ?? (above.isAny ? 'any' : 'all')) === 'any',
    // nginx takes the lines of the level above only where this one has none.
    sent: sent.length > 0 ? new Set(sent) : above.sent,
    isRewritten: find(block, 'rewrite') !== undefined || above.isRewritten,
  }
}

/** Where a server asks the gate: internal locations that pass to it. */
function gateLocations(block: readonly NginxDirective[], target: string): ReadonlySet<string> {
  const gates = all(block, 'location').filter(
    ({ block: inner = [] }) =>
      find(inner, 'internal') !== undefined && find(inner, 'proxy_pass')?.words[1]?.startsWith(`${target}/`) === true,
  )
  return new Set(gates.map(({ words }) => words.at(-1) ?? ''))
}

/** True where all that is answered is a refusal, before anything else. */
function refuses(block: readonly NginxDirective[]): boolean {
  const returned = find(block, 'return')
  return returned !== undefined && !answers(returned)
}

/** A `return` that gives something away: no refusal, and no redirect, which leads back here. */
function answers({ words }: NginxDirective): boolean {
  const status = Number(words[1])
  return Number.isInteger(status) && status < 300
}

function find(block: readonly NginxDirective[], name: string): NginxDirective | undefined {
  return block.findLast((directive) => directive.words[0] === name)
}

function all(block: readonly NginxDirective[], name: string): readonly NginxDirective[] {
  return block.filter((directive) => directive.words[0] === name)
}
