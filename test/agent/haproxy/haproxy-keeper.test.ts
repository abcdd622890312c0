import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createHaproxyKeeper, type HaproxySource } from '../../../agent/haproxy/haproxy-keeper.ts'
import { type ProxyDecisions, readDecisions } from '../../../agent/haproxy/read-decisions.ts'
import { compilePolicy } from '../../../rules/gate/compile-policy.ts'
import { DEFAULT_GATE_POLICY } from '../../../rules/gate/policy-options.ts'
import { formatUsers, parseUsers } from '../../../rules/users/users-document.ts'
import { createFakeHaproxy } from '../../fakes/fake-haproxy.ts'

const FOLDER = '/etc/haproxy/edgeward'
const LISTED = 'abcdefghijklmnop'
const STRANGER = 'bbcdefghijklmnop'
const START_MS = Date.parse('2026-03-02T08:00:00+07:00')
const MAPS = ['standings', 'users', 'grants', 'addresses', 'policy'].map((name) => join(FOLDER, `edgeward-${name}.map`))

function aSource(): HaproxySource {
  const users = parseUsers(
    formatUsers({
      version: 1,
      publishedAt: new Date(START_MS).toISOString(),
      keys: ['0123456789abcdef'],
      users: [{ token: LISTED, facility: '01234', rights: ['lookup'], state: 'active', untilMs: null }],
    }),
  )
  const key = new Uint8Array(32)
  const none = { grants: undefined, facilities: undefined, tallyKey: undefined, standings: new Map() }
  const policy = compilePolicy(DEFAULT_GATE_POLICY)
  return { policy, strongest: 'enforce', markMs: 0, users, maskingKey: key, gateKeys: [key], ...none }
}

it('tells which users on the list asked behind HAProxy, every half minute and after a clock set back', async () => {
  const haproxy = createFakeHaproxy(Object.fromEntries(MAPS.map((path) => [path, {}])))
  const heard: [string, number][] = []
  const [decided, heardNames]: [ProxyDecisions[], string[]] = [[], []]
  const ask = (commands: string): Promise<string> => {
    if (commands.startsWith('show edgeward')) {
      heardNames.push(commands.split(' ')[2] ?? '')
      const name = `1-${Math.ceil(heardNames.length / 2)}`
      return Promise.resolve(
        `edgeward\t${name}\t2\t1\t0\t7\tx y\n0\t1\t5\t5\tTOO_FAST\t20500\t01234_BV\t01234\t\tktMathe\tlookup\t192.0.2.1\tHIS%2F1\nnonsense\n`,
      )
    }
    if (commands.startsWith('show table'))
      return Promise.resolve(
        `# table: edgeward_accounts, type: string\n0x1: key=${LISTED} use=0 exp=3599000 http_req_rate(60000)=3 gpt0=0\n0x2: key=${STRANGER} use=0 exp=1 http_req_rate(60000)=1\n`,
      )
    if (commands.startsWith('get map')) return Promise.resolve(`value="${haproxy.map(MAPS[4] ?? '')?.get('epoch')}"`)
    return commands.startsWith('experimental-mode') ? Promise.resolve('\n') : haproxy.ask(commands)
  }
  const keeper = createHaproxyKeeper({ ask }, FOLDER, {
    onUser: (token, atMs) => heard.push([token, atMs - START_MS]),
    onUse: () => undefined,
    onDecisions: (decisions) => decided.push(decisions),
  })
  const source = aSource()
  for (const afterMs of [0, 10_000, 31_000, 45_000, -3_600_000]) await keeper.pass(source, START_MS + afterMs)
  expect(heard).toEqual([
    [LISTED, 0],
    [LISTED, 31_000],
    [LISTED, -3_600_000],
  ])
  await keeper.pass({ ...source, users: undefined }, START_MS + 100_000)
  expect(heard).toHaveLength(3)
  expect(heardNames).toEqual(['-', '1-1', '1-1', '1-2', '1-2', '1-3'])
  expect(decided.map(({ name, unlisted, unjudged, fault }) => [name, unlisted, unjudged, fault])).toEqual([
    ['1-1', 1, 7, 'x y'],
    ['1-2', 1, 7, 'x y'],
    ['1-3', 1, 7, 'x y'],
  ])
  expect(decided[0]?.rows).toMatchObject([{ reason: 'TOO_FAST', refused: 1, account: '01234_BV', userAgent: 'HIS/1' }])
  expect(() => readDecisions('Unknown command. Please enter one of')).toThrow(/not the one that is shipped/)
})
