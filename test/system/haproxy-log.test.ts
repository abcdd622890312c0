import t from 'tap'
import { CLIENT_BYTES, createClientNames } from '../../agent/gate/client-software.ts'
import { createLineParser, type LogDialect } from '../../rules/requests/log-format.ts'
import { ask, GATE_MASKING_KEY, proxyLine } from '../support/gate-edge.ts'
import { createHaproxyAsker } from '../support/haproxy-asker.ts'
import { startHaproxy } from '../support/haproxy-edge.ts'
import { agentHeader, ODD_AGENTS } from '../support/odd-agents.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const NAMED = `01234_${'0'.repeat(12)}`
const U = '/api/egw/KQNhanLichSuKCB2024'
const IP = '203.0.113.7'

// What the shipped HAProxy writes is what the parser reads, also where no gate has judged it.
if (!isInstalled('haproxy')) {
  t.plan(0, 'needs HAProxy')
} else {
  await using work = await createWorkDir('edgeward-haproxy-log')
  await using haproxy = await startHaproxy(work.path, Buffer.alloc(32, 7).toString('base64'))
  const { post } = createHaproxyAsker(haproxy.front, { account: NAMED, ip: IP })

  await t.test('persons in the log', async (t) => {
    const from = haproxy.log.length
    const [first, second] = ['1', '2001'].map((digits) => `HS401${digits.padStart(10, '0')}`)
    const bodies = [
      `{"maThe":"${first}","hoTen":"x"}`,
      `maThe=${first}`,
      `maThe=${second}`,
      `{'maThe':'${'0'.repeat(10)}'}`,
      `{"maThe":"${first?.slice(5)}"}`,
    ]
    for (const body of bodies) await post(`${U}?username=${NAMED}&password=hidden&token=t"x`.replace('"', '%22'), body)
    const lines = await until('the lines', () =>
      haproxy.log.length >= from + bodies.length ? haproxy.log.slice(from) : undefined,
    )
    t.notMatch(lines.join(), /hidden|HS401|"0{9}1"|BwcHBw/)
    const parser = createLineParser('nginx-json', { key: GATE_MASKING_KEY })
    const read = lines.map((line) => parser.parseLine(line))
    t.equal(new Set(read.map((request) => request?.subject)).size, 3, 'two persons and the number of nobody')
    t.same(
      read.map((request) => request?.isProbe),
      [false, false, false, true, false],
    )
    t.equal(new Set(read.toSpliced(3, 1).map((request) => request?.subjectBlock)).size, 2, 'of two thousands')
    t.match(read[0], { account: NAMED, status: 200, port: 51_000 })
  })

  await t.test('client software in the log', async (t) => {
    const { log, plainLog } = haproxy
    const from = log.length
    for (const [userAgent] of ODD_AGENTS) {
      const request = Buffer.from(
        `${proxyLine(IP)}GET ${U}?username=${NAMED} HTTP/1.0\r\n${agentHeader(userAgent)}\r\n`,
        'latin1',
      )
      await ask(haproxy.front, request)
      await ask(haproxy.plain, request)
    }
    const most = ODD_AGENTS.length
    await until('the lines', () => (log.length >= from + most && plainLog.length >= most) || undefined)
    const nameOf = createClientNames()
    const clientIn = (dialect: LogDialect, line = ''): string | undefined => {
      const parser = createLineParser(dialect.format, { key: GATE_MASKING_KEY, ...dialect })
      const bytes = Buffer.from(line, 'latin1')
      return parser.parse(bytes) && parser.findClient(bytes, 0, bytes.length)
    }
    for (const [row, [userAgent, reason]] of ODD_AGENTS.entries()) {
      const client = clientIn({ format: 'nginx-json' }, log[from + row])
      t.equal(client, (userAgent ?? '').slice(0, CLIENT_BYTES), `the shipped log: ${reason}`)
      t.equal(nameOf(client), nameOf(userAgent), 'the name is that of the whole')
      t.equal(clientIn({ format: 'haproxy', haproxyUserAgent: 2 }, plainLog[row]), userAgent ?? '', `httplog: ${reason}`)
    }
  })
}
