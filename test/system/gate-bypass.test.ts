/** Whatever clients write, nothing reaches the portal that the judge refuses for the request as the portal reads it: one table, both proxies. */
import t, { type Test } from 'tap'
import { judgeRequest } from '../../rules/gate/judge-request.ts'
import { createGateReader } from '../../rules/gate/read-gate-request.ts'
import { createLineParser } from '../../rules/requests/log-format.ts'
import { maskAccount } from '../../rules/requests/mask-account.ts'
import { type GateEdge, startBothGates } from '../support/both-gates.ts'
import { BYPASS_REQUESTS, SUSPENDED } from '../support/bypass-cases.ts'
import { BYPASS_HTTP2, HTTP2_AFTER } from '../support/bypass-http2.ts'
import { aFlag, ask, GATE_MASKING_KEY, proxyLine } from '../support/gate-edge.ts'
import { DAY_OF_TESTS, onlyRules } from '../support/gate-states.ts'
import { askRawHttp2 } from '../support/raw-http2.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createWorkDir } from '../support/work-dir.ts'

const IP = '203.0.113.7'
const ON = { mode: 'enforce' }
const POLICY = onlyRules({ suspended: ON, retired: ON, shared: { ...ON, classes: [] } })

if (!isInstalled('nginx') || !isInstalled('haproxy')) {
  t.plan(0, 'needs nginx and HAProxy')
} else {
  await using work = await createWorkDir('ew-bypass')
  await using parts = new AsyncDisposableStack()
  for (const edge of await startBothGates(work.path, DAY_OF_TESTS, parts)) {
    edge.running.flags.take(aFlag(maskAccount(SUSPENDED, GATE_MASKING_KEY), DAY_OF_TESTS + 3_600_000))
    await edge.takePolicy(POLICY)
    await t.test(edge.name, (t) => tryAll(t, edge))
  }
}

async function tryAll(t: Test, edge: GateEdge): Promise<void> {
  for (const [name, request, expected] of BYPASS_REQUESTS) {
    const from = marked(edge)
    const { text: answers } = await ask(edge.front, Buffer.from(proxyLine(IP) + request, 'latin1'))
    judgeAll(t, edge, name, from)
    // What a case is about must be seen to happen, or the table would prove nothing.
    if (expected !== undefined) t.equal(outcomeOf(edge, from), expected, `${name.slice(0, 90)}: ${answers.slice(0, 40)}`)
  }
  for (const [name, stream, expected] of BYPASS_HTTP2) {
    const from = marked(edge)
    const ends = await askRawHttp2(edge.front2, proxyLine(IP), [stream, HTTP2_AFTER])
    judgeAll(t, edge, `HTTP/2, ${name}`, from)
    if (expected !== undefined) t.equal(outcomeOf(edge, from), expected, `HTTP/2, ${name.slice(0, 90)}: ${ends.join()}`)
  }
  const parser = createLineParser('nginx-json', { key: GATE_MASKING_KEY })
  const lines = await edge.logLines()
  const strange = lines.filter((line) => {
    // What nginx refuses while it reads is logged under whoever connected: here a balancer on a unix socket.
    if (/"ip":"unix:".*"status":"(?:000|4\d\d|501|505)"/.test(line)) return false
    const request = parser.parseLine(line)
    // A client that could write into the log would name another source.
    return request === undefined || request.ip !== IP
  })
  t.same(strange, [], `${lines.length} lines of the log, each read and of its own source`)
  t.ok(edge.portal.requests.length > 50, `${edge.portal.requests.length} requests reached the portal, and were judged`)
}

interface Mark {
  readonly requests: number
  readonly garbage: number
}

function marked({ portal }: GateEdge): Mark {
  return { requests: portal.requests.length, garbage: portal.garbage.length }
}

function outcomeOf({ portal }: GateEdge, from: Mark): 'passes' | 'stops' {
  return portal.requests.slice(from.requests).some(({ url }) => url.includes('case')) ? 'passes' : 'stops'
}

function judgeAll(t: Test, { name: proxy, running, portal }: GateEdge, name: string, from: Mark): void {
  const reader = createGateReader(GATE_MASKING_KEY)
  for (const { method, url, headers, rawHeaders } of portal.requests.slice(from.requests)) {
    const valuesOf = (wanted: string): (string | undefined)[] => {
      const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === wanted)
      return values.length === 0 ? [undefined] : values
    }
    for (const accessToken of valuesOf('accesstoken'))
      for (const authorization of valuesOf('authorization')) {
        const request = reader.read({ atMs: DAY_OF_TESTS, uri: url, method, ip: IP, accessToken, authorization })
        const decision = request && judgeRequest(request, running.gate.holder.state)
        if (decision?.reason !== undefined) t.fail(`${proxy}, ${name}: ${decision.reason} reached the portal as ${method} ${url}`)
      }
    const { 'x-real-ip': ip, 'x-forwarded-for': forwarded } = headers
    if (ip !== IP || forwarded !== IP) t.fail(`${proxy}, ${name}: the portal was told ${JSON.stringify([ip, forwarded])}`)
    const forged = rawHeaders.filter(
      (text, at) => at % 2 === 0 && /^(?:forwarded$|x[-_](?:original|rewrite|edgeward|http-method))|_/i.test(text),
    )
    if (forged.length > 0) t.fail(`${proxy}, ${name}: ${forged.join()} reached the portal`)
  }
  for (const bytes of portal.garbage.slice(from.garbage))
    t.fail(`${proxy}, ${name}: the portal read ${JSON.stringify(bytes.slice(0, 200))}`)
}
