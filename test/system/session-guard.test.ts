/**
 * Who is logged in, as the lock-out guard finds it: real TCP sessions to port 22 in the kernel's own tables, and the list that systemd-logind keeps. A change that would cut
 * one of them is refused before the kernel hears of it.
 */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createNftFirewall } from '../../agent/firewall/nft-firewall.ts'
import { createHostSight, type HostSight } from '../../agent/lockout/host-sight.ts'
import { createLockoutGuard } from '../../agent/lockout/lockout-guard.ts'
import { aProgram } from '../support/filter-programs.ts'
import { runInNamespace } from '../support/namespace-run.ts'
import { canMakeNetworks, createTestNetwork, EDGE_ADDRESS_4, EDGE_ADDRESS_6 } from '../support/netns.ts'
import { createWorkDir } from '../support/work-dir.ts'

const ADMIN = ['20.1.0.1', '2400:1::1'] as const
const HOSPITAL = ['20.2.0.2', '2400:2::2'] as const
const GUARDED = { guarded: { tcp: [22, 80], udp: [] } }

t.setTimeout(180_000)
if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await using network = await createTestNetwork({ clients: { admin: [...ADMIN], hospital: [...HOSPITAL] } })
  await using folder = await createWorkDir('ew-sight')
  // What a process in the edge's network sees, with a /run of the test's own.
  const sshd = await network.edge.peer()
  await sshd.listen('http', 22)
  await mkdir(folder.file('proc'))
  await symlink(`/proc/${sshd.pid}/net`, join(folder.file('proc'), 'net'))
  await symlink('/proc/sys', join(folder.file('proc'), 'sys'))
  const sessions = join(folder.path, 'run/systemd/sessions')
  const sight: HostSight = createHostSight(folder.path)
  const guard = createLockoutGuard({ sight, sessionPorts: [22], mustPass: [], controlUrl: 'https://192.0.2.1' })
  const firewall = createNftFirewall({ run: runInNamespace(network.edge) })
  const before = aProgram({ ...GUARDED, approve: [...ADMIN, ...HOSPITAL] })
  await firewall.apply(before)
  const without = (gone: readonly string[]) =>
    aProgram({ ...GUARDED, revision: 2, approve: [...ADMIN, ...HOSPITAL].filter((address) => !gone.includes(address)) })
  const cutsOf = async (gone: readonly string[]) =>
    (await guard.judge(before, without(gone))).map(({ code, block, port }) => `${code} ${block} ${port}`)
  const logIn = async (...hosts: readonly string[]) => {
    await mkdir(sessions, { recursive: true })
    await Promise.all(hosts.map((host, number) => writeFile(join(sessions, String(number)), `UID=0\nREMOTE_HOST=${host}\n`)))
  }
  const admin = await network.client('admin').peer()
  const hospital = await network.client('hospital').peer()

  await t.test('nobody is connected: whatever goes may go', async (t) => {
    t.same(await cutsOf([...ADMIN, ...HOSPITAL]), [])
  })

  const open = (peer: typeof admin, address: string, from: string) => peer.open({ address, port: 22, from, timeoutMs: 20_000 })
  const kept = [
    await open(admin, EDGE_ADDRESS_4, ADMIN[0]),
    await open(admin, EDGE_ADDRESS_6, ADMIN[1]),
    await open(hospital, EDGE_ADDRESS_4, HOSPITAL[0]),
  ] as const

  await t.test('without logind every established session counts, of both families, also IPv4 on a socket of IPv6', async (t) => {
    t.same(
      kept.map(({ outcome }) => outcome),
      ['passed', 'passed', 'passed'],
    )
    t.same((await sight.connections()).map(({ localPort, peer }) => `${localPort} ${peer}`).sort(), [
      `22 ${ADMIN[0]}`,
      `22 ${HOSPITAL[0]}`,
      `22 ${ADMIN[1]}`,
    ])
    t.same(await cutsOf([ADMIN[0]]), [`SESSION_CUT ${ADMIN[0]} 22`])
    t.same(await cutsOf([ADMIN[1]]), [`SESSION_CUT ${ADMIN[1]} 22`])
    t.same(await cutsOf([HOSPITAL[0]]), [`SESSION_CUT ${HOSPITAL[0]} 22`])
    t.same(await cutsOf([HOSPITAL[1]]), [], 'not connected')
    await t.rejects(guard.assertSafe(before, without(ADMIN)), { code: 'SESSION_CUT' })
  })

  await t.test(
    'where logind keeps a list, only who is logged in counts: a mere connection holds no revocation back',
    async (t) => {
      await logIn(...ADMIN)
      t.same(await cutsOf([ADMIN[0]]), [`SESSION_CUT ${ADMIN[0]} 22`])
      t.same(await cutsOf([ADMIN[1]]), [`SESSION_CUT ${ADMIN[1]} 22`])
      t.same(await cutsOf([HOSPITAL[0]]), [])
      await firewall.apply(without([HOSPITAL[0]]))
      t.match(await hospital.again(kept[2].connection), { outcome: 'reset' }, 'its session is cut')
      t.match(await admin.again(kept[0].connection), { outcome: 'passed' })
      t.match(await admin.again(kept[1].connection), { outcome: 'passed' })
    },
  )

  await t.test('who has logged out is no reason any more', async (t) => {
    await rm(sessions, { recursive: true })
    await logIn('a.host.name')
    t.same(await cutsOf(ADMIN), [])
  })
}
