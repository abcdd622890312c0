import t, { type Test } from 'tap'
import type { DriftKind } from '../../agent/drift/kernel-change.ts'
import { createDriftLab } from '../support/drift-lab.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4 } from '../support/netns.ts'

const APPROVED = '20.1.0.1'
const STRANGER = '20.9.0.9'
const BLOCKED = '20.1.0.66'
const TABLE = 'inet edgeward'

interface Row {
  readonly name: string
  /** Lines of one `nft -f -` of somebody else. */
  readonly does: readonly string[]
  readonly kind: DriftKind
}

const rows: readonly Row[] = [
  { name: 'the ruleset is flushed', does: ['flush ruleset'], kind: 'table-removed' },
  { name: 'the table is deleted', does: [`delete table ${TABLE}`], kind: 'table-removed' },
  { name: 'every rule of the table is flushed', does: [`flush table ${TABLE}`], kind: 'rules-removed' },
  {
    name: 'a table of the same name lets everybody in',
    does: [`delete table ${TABLE}`, `table ${TABLE} {`, 'chain input { type filter hook input priority 0; policy accept; }', '}'],
    kind: 'table-replaced',
  },
  { name: 'the table is switched off', does: [`add table ${TABLE} { flags dormant; }`], kind: 'table-changed' },
  { name: 'a stranger is put into host4', does: [`add element ${TABLE} host4 { ${STRANGER} }`], kind: 'elements-added' },
  {
    name: 'a stranger is put into host4 with a comment that looks like a list',
    does: [`add element ${TABLE} host4 { ${STRANGER} comment "}, 1.2.3.4 }" }`],
    kind: 'elements-added',
  },
  { name: 'an approved host goes', does: [`delete element ${TABLE} host4 { ${APPROVED} }`], kind: 'elements-removed' },
  { name: 'an approved prefix goes', does: [`delete element ${TABLE} net4 { 20.2.0.0/24 }`], kind: 'elements-removed' },
  { name: 'a prefix is put into net4', does: [`add element ${TABLE} net4 { 20.9.0.0/24 }`], kind: 'elements-added' },
  { name: 'a stranger becomes management', does: [`add element ${TABLE} mgmt4 { ${STRANGER} }`], kind: 'elements-added' },
  { name: 'a blocked source goes free', does: [`delete element ${TABLE} block4 { ${BLOCKED} }`], kind: 'elements-removed' },
  { name: 'a set is emptied', does: [`flush set ${TABLE} host4`], kind: 'elements-removed' },
  {
    name: 'one host takes the place of another',
    does: [`delete element ${TABLE} host4 { ${APPROVED} }`, `add element ${TABLE} host4 { ${STRANGER} }`],
    kind: 'elements-changed',
  },
  { name: 'a chain is emptied', does: [`flush chain ${TABLE} judge4`], kind: 'rules-removed' },
  { name: 'the policy of a chain changes', does: [`add chain ${TABLE} input { policy drop; }`], kind: 'chain-changed' },
  {
    name: 'a chain hooks in elsewhere',
    does: [
      `flush chain ${TABLE} input`,
      `delete chain ${TABLE} input`,
      `add chain ${TABLE} input { type filter hook output priority 0; }`,
    ],
    kind: 'chain-changed',
  },
  {
    name: 'the chain of the hook is deleted',
    does: [`flush chain ${TABLE} input`, `delete chain ${TABLE} input`],
    kind: 'chain-removed',
  },
  { name: 'a chain is renamed', does: [`rename chain ${TABLE} about about2`], kind: 'chain-changed' },
  {
    name: 'a chain of somebody else is put into our table',
    does: [`add chain ${TABLE} extra { type filter hook input priority -300; policy drop; }`],
    kind: 'chain-changed',
  },
  { name: 'a rule is put before ours', does: [`insert rule ${TABLE} judge4 ip saddr ${STRANGER} return`], kind: 'rules-added' },
  { name: 'a rule is put after ours', does: [`add rule ${TABLE} input counter`], kind: 'rules-added' },
  {
    name: 'what the table says of itself changes',
    does: [`flush chain ${TABLE} about`, `add rule ${TABLE} about return comment "edgeward/2 9 enforce ${'0'.repeat(64)}"`],
    kind: 'rules-changed',
  },
  {
    name: 'a set is replaced by one of another type',
    does: [`flush chain ${TABLE} judge6`, `delete set ${TABLE} host6`, `add set ${TABLE} host6 { type inet_service; }`],
    kind: 'set-replaced',
  },
  { name: 'a set is put beside ours', does: [`add set ${TABLE} extra { type ipv4_addr; }`], kind: 'set-added' },
]

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  t.setTimeout(300_000)
  for (const ear of ['netlink', 'nft'] as const)
    await t.test(`changes are heard by ${ear === 'nft' ? 'nft monitor' : ear}`, (t) => testDrifts(t, ear))
}

async function testDrifts(t: Test, ear: 'netlink' | 'nft'): Promise<void> {
  const network = await createTestNetwork({ clients: { approved: [APPROVED], stranger: [STRANGER], blocked: [BLOCKED] } })
  t.teardown(() => network.dispose())
  const { edge } = network
  await (await edge.peer()).listen('http', 80)
  const peers = [
    { peer: await network.client('approved').peer(), meets: 'passed', name: 'the approved' },
    { peer: await network.client('stranger').peer(), meets: 'reset', name: 'the stranger' },
    { peer: await network.client('blocked').peer(), meets: 'reset', name: 'the blocked' },
  ]
  const lab = await createDriftLab(edge, {
    ear,
    approve: [APPROVED, BLOCKED, '20.2.0.0/24', '2400:1::1', '2400:2::/48'],
    manage: ['198.18.5.0/24'],
    block: [BLOCKED],
    // Every row is a drift of its own; how a fight is borne is told below.
    patience: { freeRepairs: 1000, fightCount: 1000 },
  })
  t.teardown(() => lab[Symbol.asyncDispose]())
  const whole = await lab.table()

  for (const { name, does, kind } of rows) {
    await t.test(`drift: ${name}: found, named and put right`, async (t) => {
      const before = lab.status().drift
      await edge.mustRun('nft', ['-f', '-'], { input: `${does.join('\n')}\n` })
      const { drift } = await lab.until(name, ({ drift: { repaired } }) => repaired > before.repaired)
      t.equal(drift.lastKind, kind)
      t.equal(drift.lastProcess?.name, 'nft', 'the kernel names who did it')
      t.equal(drift.found, before.found + 1, 'our own repair is no drift')
      t.equal(await lab.table(), whole, 'all is as before')
      for (const { peer, meets, name: who } of peers) {
        const { outcome } = await peer.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80, timeoutMs: 2000 })
        t.equal(outcome, meets, who)
      }
      t.comment(`${drift.lastRepairMs} ms from hearing of it to the end of the repair`)
    })
  }

  await t.test('drift: other tables and refused packets are no drift', async (t) => {
    const before = lab.status().drift
    await edge.mustRun('nft', ['-f', '-'], {
      input:
        'table inet other {\nset host4 { type ipv4_addr; }\n}\nadd element inet other host4 { 1.2.3.4 }\nadd table ip edgeward\n',
    })
    await network
      .client('stranger')
      .peer()
      .then((peer) => peer.probe({ kind: 'tcp', address: EDGE_ADDRESS_4, port: 80, timeoutMs: 2000 }))
    // The next drift is heard after all that.
    await edge.mustRun('nft', ['flush', 'chain', 'inet', 'edgeward', 'refuse'])
    const { drift } = await lab.until('the drift after it', ({ drift: { repaired } }) => repaired > before.repaired)
    t.equal(drift.found, before.found + 1)
    t.match((await edge.mustRun('nft', ['list', 'ruleset'])).stdout, /table ip edgeward/, 'theirs is left alone')
  })

  await t.test('drift: while nobody listens: rules are looked at, elements are proved once it listens again', async (t) => {
    const before = lab.status()
    lab.deafen()
    const deaf = await lab.until('it tells that it is deaf', ({ drift: { listening } }) => listening === 'away')
    t.match(deaf.faults, [{ area: 'listen', code: 'LISTENER_AWAY' }])
    await edge.mustRun('nft', ['add', 'element', 'inet', 'edgeward', 'host4', `{ ${STRANGER} }`])
    await edge.mustRun('nft', ['delete', 'element', 'inet', 'edgeward', 'net4', '{ 20.2.0.0/24 }'])
    await lab.until('it listens again', ({ drift: { listening } }) => listening === 'on')
    const proved = await lab.until(
      'it has proved that all is right again',
      ({ proof, drift }) => proof?.agrees === true && drift.repaired > before.drift.repaired,
    )
    t.match(proved.drift, { lastKind: 'unseen-elements', lastProcess: null })
    t.equal(proved.proof?.kernelDigest, proved.proof?.signedDigest)
    t.ok(lab.log.messages('error').includes('kernel does not hold the signed list'), 'the disagreement was told')
    t.equal(await lab.table(), whole, 'all is as before')
    t.same(proved.faults, [])
  })

  await t.test('drift: rules deleted while nobody listens are found by looking', async (t) => {
    lab.deafen()
    await lab.until('it tells that it is deaf', ({ drift: { listening } }) => listening === 'away')
    await edge.mustRun('nft', ['flush', 'chain', 'inet', 'edgeward', 'judge4'])
    await lab.until('it found it', ({ drift: { lastKind } }) => lastKind === 'unseen')
    await lab.until('it listens again', ({ drift: { listening } }) => listening === 'on')
    t.equal(await lab.table(), whole, 'all is as before')
  })

  await t.test('drift: a tool that keeps fighting is told of by name, and the rules are kept right', async (t) => {
    await lab[Symbol.asyncDispose]()
    await using fought = await createDriftLab(edge, {
      ear,
      approve: [APPROVED],
      manage: [],
      patience: { calmMs: 3000, waitMaxMs: 500 },
    })
    const right = await fought.table()
    for (let time = 1; time <= 8; time += 1) {
      await edge.mustRun('nft', ['flush', 'ruleset'])
      await fought.until(`change ${time} is repaired`, ({ drift }) => drift.found === time && drift.repaired >= time)
    }
    const { drift, faults } = fought.status()
    t.match(drift, { isFought: true, lastProcess: { name: 'nft' } })
    t.match(faults, [{ area: 'fight', code: 'DRIFT_FOUGHT', message: /by nft \(process \d+\)/ }])
    t.equal(await fought.table(), right, 'the rules are right all the same')
    await fought.until('calm ends it', (status) => !status.drift.isFought && status.faults.length === 0)
  })
}
