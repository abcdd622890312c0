/** The services of a host without nft under a real systemd: least rights that do, and the same door held from the first packet of a boot on. */
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parse, stringify } from 'yaml'
import { createIpsetFirewall } from '../../agent/firewall/ipset-firewall.ts'
import type { RunProgram } from '../../agent/process/run-program.ts'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createSystemdBox, type SystemdBox, whyNoBox } from '../support/systemd-box.ts'
import { until } from '../support/until.ts'

const BOOT = '/var/lib/edgeward-agent/boot'
const NET_ADMIN_AND_RAW = '0000000000003000' // capabilities(7): bits 12 and 13
const NO_CAPABILITY = '0000000000000000'

/** Only the files that the sums name, so that a pattern means one. */
const keepNamed = 'for f in last-good-*; do case $f in *.sha256) ;; *) grep -q " $f\\$" last-good.sha256 || rm "$f" ;; esac; done'

const CONFIG = {
  control: { url: 'http://127.0.0.1:8480' },
  firewall: { backend: 'ipset' },
  // A pass would put rules back as well, and not count it.
  drift: { lookEveryS: 1 },
} as const

t.setTimeout(290_000)
const missing = ['ipset', 'iptables-nft', 'iptables-legacy'].filter((program) => !isInstalled(program))
const obstacle = whyNoBox() ?? (missing.length > 0 ? `needs ${missing.join(', ')} (ipset, iptables on Debian)` : undefined)
if (obstacle !== undefined) {
  t.plan(0, obstacle)
} else {
  await using box = await createSystemdBox(`ewipset${process.pid}`)
  const sh = (script: string) => box.must('sh', ['-c', script])
  await box.boot()

  await t.test('install --backend ipset gives the units what they need, and --backend nft takes it back', async (t) => {
    const install = (...args: readonly string[]) => box.must('sh', ['/checkout/systemd/install', '--no-packages', ...args])
    const capabilities = (unit: string) => box.show(unit, 'AmbientCapabilities')
    await install('--backend', 'ipset')
    for (const unit of ['edgeward-load', 'edgeward-agent']) {
      t.equal((await box.run('systemd-analyze', ['verify', `${unit}.service`])).stderr, '', `${unit}.service is understood`)
      t.equal(await capabilities(unit), 'cap_net_admin cap_net_raw')
      const security = await box.must('systemd-analyze', ['security', '--no-pager', `${unit}.service`])
      t.comment(security.trimEnd().split('\n').at(-1))
    }
    t.equal((await sh('stat --format="%U:%G %a" /run/xtables.lock')).trim(), 'root:edgeward-agent 640')
    await install()
    t.equal(await capabilities('edgeward-agent'), 'cap_net_admin cap_net_raw', 'an upgrade keeps it')
    await install('--backend', 'nft')
    t.equal(await capabilities('edgeward-agent'), 'cap_net_admin')
    await install('--backend', 'ipset')
  })

  await enrolEdge(box)

  for (const variant of ['nft', 'legacy'] as const) {
    await t.test(`iptables-${variant}`, { timeout: 200_000 }, async (t) => {
      await chooseIptables(box, variant)
      await showOn(t, box, variant)
      await box.run('systemctl', ['stop', 'edgeward-agent'])
      await createIpsetFirewall({ run: runIn(box), variant: 'own' }).remove()
    })
  }

  await t.test('without the right of a raw socket the agent says so, and that no packet is judged', async (t) => {
    await box.must('sh', ['/checkout/systemd/install', '--no-packages', '--backend', 'nft'])
    await writeConfig(box, { control: { url: 'http://127.0.0.1:8480' }, firewall: { backend: 'ipset' } })
    await box.run('systemctl', ['start', '--no-block', 'edgeward-agent'])
    const status = await until('it tells the fault', async () => {
      const { exitCode, stdout } = await box.run('edgeward-agent', ['status', '--json'])
      const now = exitCode <= 1 && stdout !== '' ? (JSON.parse(stdout) as AgentStatus) : undefined
      return now?.faults.some(({ code }) => code === 'NOT_PERMITTED') ? now : undefined
    })
    t.equal(status.inForce, null)
    await box.run('systemctl', ['stop', 'edgeward-agent'])
  })
}

async function showOn(t: Test, box: SystemdBox, variant: 'nft' | 'legacy'): Promise<void> {
  const sh = (script: string) => box.must('sh', ['-c', script])
  const inForce = () => createIpsetFirewall({ run: runIn(box), variant: 'own' }).inForce()
  /** Sets and rules as they stand. */
  const held = () =>
    sh(
      '(ipset save | grep -v seen; for ip in iptables ip6tables; do $ip-save -t filter | grep -e EDGEWARD -e INPUT; done) | sed "s/ \\[.*//" | sort',
    )
  const forget = () => createIpsetFirewall({ run: runIn(box), variant: 'own' }).remove()
  const loaderSaid = async () => (await box.journal('edgeward-load')).filter((line) => line.startsWith('edgeward-load: '))

  await t.test('the agent applies a list as an ordinary user in its sandbox', async (t) => {
    await box.must('systemctl', ['start', 'edgeward-agent'])
    const status = await until('the list is in force', async () => {
      const now = JSON.parse(await box.must('edgeward-agent', ['status', '--json'])) as AgentStatus
      return now.inForce?.revision === 1 ? now : undefined
    })
    t.match(status, { backend: { name: 'ipset' }, faults: [] })
    t.match(await inForce(), { revision: 1, mode: 'enforce', digest: status.inForce?.digest })
    t.equal((await box.must('nft', ['list', 'tables', 'inet'])).trim(), '', 'nothing of nft')
    const pid = await box.show('edgeward-agent', 'MainPID')
    t.equal((await box.must('stat', ['--format=%U', `/proc/${pid}`])).trim(), 'edgeward-agent')
    const sets = await sh(`grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/${pid}/status`)
    t.notOk(new RegExp(`\\t(?!${NET_ADMIN_AND_RAW}|${NO_CAPABILITY})`).test(sets), 'and no more than two capabilities')
    const prove = ['-u', 'edgeward-agent', '--', 'edgeward-agent', 'prove', '--config', '/etc/edgeward/agent.yaml', '--json']
    t.match(await box.run('edgeward-agent', prove.slice(4)), { exitCode: 0, stdout: /"agrees":true/ }, 'agent prove agrees')
    t.not((await box.run('runuser', prove)).exitCode, 0, 'and needs the rights')
  })

  await t.test('somebody flushes iptables: found by looking, told and put right', async (t) => {
    const before = await held()
    await sh('iptables -w -F; ip6tables -w -F')
    const status = await until('it is put right', async () => {
      const now = JSON.parse(await box.must('edgeward-agent', ['status', '--json'])) as AgentStatus
      if (now.drift.repaired > 0 && now.faults.length === 0) return now
      throw new Error(JSON.stringify([now.drift, now.faults]))
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${String(error.cause)}`, { cause: error })
    })
    t.match(status.drift, { lastKind: /^(jump|rules)-removed$/, lastProcess: null })
    t.equal(withoutGeneration(await held()), withoutGeneration(before))
  })

  await t.test('after a power cut the list is in force before the network is up, without Node', async (t) => {
    await until('the boot program is kept', async () => {
      const { exitCode } = await box.run('sh', ['-c', `cd ${BOOT} && sha256sum --check --strict --status last-good.sha256`])
      return exitCode === 0 || undefined
    })
    const before = await inForce()
    await box.must('systemctl', ['stop', 'edgeward-agent'])
    await box.must('systemctl', ['disable', '--quiet', 'edgeward-agent'])
    await box.must('systemctl', ['enable', '--quiet', 'edgeward-load'])
    await box.cutPower()
    await box.boot()
    t.same(await inForce(), before, 'the same revision, digest and mode')
    t.equal((await sh('readlink /proc/[0-9]*/exe | grep -c /node$ || true')).trim(), '0', 'no Node runs')
    const loadedUs = Number(await box.show('edgeward-load', 'ExecMainExitTimestampMonotonic'))
    const networkUs = Number(await box.show('network-pre.target', 'ActiveEnterTimestampMonotonic'))
    t.ok(loadedUs > 0 && loadedUs <= networkUs, `loaded at ${loadedUs} µs, network-pre.target at ${networkUs} µs`)
    t.match((await loaderSaid()).join('\n'), /the last good program is in force: edgeward: all of revision 1, mode enforce/)
    const loaded = await held()
    await box.must('systemctl', ['start', 'edgeward-control', 'edgeward-agent'])
    await until('the agent has proved it', async () => {
      const now = JSON.parse(await box.must('edgeward-agent', ['status', '--json'])) as AgentStatus
      return now.proof?.agrees || undefined
    })
    t.equal(await held(), loaded, 'the agent finds it right and leaves it')
    await box.must('systemctl', ['restart', 'edgeward-load'])
    t.match((await loaderSaid()).at(-1), /in force already/)
    t.equal(await held(), loaded, 'and so does the loader')
    await box.must('systemctl', ['stop', 'edgeward-agent'])
  })

  /** In the title, which the tools would take: only the sum can tell. */
  const spoil = (file: string) => `printf "#" | dd of="$(echo ${file})" bs=1 seek=1 conv=notrunc status=none`
  const resum = '(set -- $(cut -c 67- last-good.sha256); sha256sum "$@" >sums && mv sums last-good.sha256)'
  const open = /the guarded ports are open|no rules before the first list/
  for (const [what, script, revision, words, result] of [
    ['a whole program', ':', 1, /is in force/, 'success'],
    ['a byte changed in the sets', spoil('last-good-?.ipset'), undefined, open, 'exit-code'],
    ['a byte changed in the rules of IPv6', spoil('last-good-?.ip6tables*'), undefined, open, 'exit-code'],
    ['no rules of IPv4', 'rm last-good-?.iptables*', undefined, open, 'exit-code'],
    ['sums without IPv6', 'sed -i "/ip6tables/d" last-good.sha256', undefined, open, 'exit-code'],
    ['sums that name another file', 'sha256sum ../memory/trusted.json >last-good.sha256', undefined, open, 'exit-code'],
    [
      'a program that names another tool',
      'for f in last-good-?.ipset; do cp $f $(basename $f .ipset).sh; done; sha256sum last-good-?.sh >last-good.sha256',
      undefined,
      open,
      'exit-code',
    ],
    ['sets that ipset refuses half-way', `echo nonsense >>"$(echo last-good-?.ipset)"; ${resum}`, undefined, open, 'exit-code'],
    [
      'rules of IPv6 that are not understood',
      `sed -i "s/COMMIT/-A EDGEWARD -j NOWHERE\\nCOMMIT/" last-good-?.ip6tables*; ${resum}`,
      undefined,
      open,
      'exit-code',
    ],
    ['no list ever', 'rm last-good*', undefined, open, 'success'],
    ['a list left by sets alone', 'ipset create edgeward-approved4-a hash:net', 1, /is in force/, 'success'],
  ] as const) {
    // What files are taken does not depend on the variant; what the kernel refuses may.
    if (variant === 'legacy' && !/^a whole|refuses|understood/.test(what)) continue
    await t.test(`the loader and ${what}`, async (t) => {
      await forget()
      await sh(`rm -rf /tmp/boot && cp -a ${BOOT} /tmp/boot && cd ${BOOT} && rm -f last-good-x && ${keepNamed} && ${script}`)
      const since = (await loaderSaid()).length
      await box.run('systemctl', ['reset-failed', 'edgeward-load'])
      await box.run('systemctl', ['restart', 'edgeward-load'])
      t.equal((await inForce())?.revision, revision)
      if (revision === undefined)
        t.equal((await sh('ipset list -name; iptables-save -t filter | grep EDGEWARD || true')).trim(), '', 'nothing is left')
      t.equal(await box.show('edgeward-load', 'Result'), result)
      const said = (await loaderSaid()).slice(since)
      t.equal(said.length, 1, 'one line says it')
      t.match(said[0], words)
      await sh(`rm -rf ${BOOT} && cp -a /tmp/boot ${BOOT}`)
    })
  }

  await t.test('firewall.beforeFirstList closes a boot that finds no whole program, for both families', async (t) => {
    await forget()
    await writeConfig(box, { ...CONFIG, firewall: { backend: 'ipset', beforeFirstList: 'closed' } })
    await box.must('runuser', [
      '-u',
      'edgeward-agent',
      '--',
      'edgeward-agent',
      'prepare-boot',
      '--config',
      '/etc/edgeward/agent.yaml',
    ])
    await sh(`cd ${BOOT} && ${keepNamed} && ${spoil('last-good-?.ipset')}`)
    await box.run('systemctl', ['restart', 'edgeward-load'])
    t.match(await inForce(), { revision: 0, mode: 'enforce' })
    t.match((await loaderSaid()).at(-1), /is torn .*what holds before the first list was loaded/)
    await writeConfig(box, CONFIG)
    await sh(`rm -rf ${BOOT} /var/lib/edgeward-agent/memory/boot`)
  })
}

function withoutGeneration(held: string): string {
  return held.replaceAll(/(approved|mgmt|open|block)([46])-[ab]/g, '$1$2').replaceAll(/initval \S+|edgeward-at-\S+/g, '')
}

async function chooseIptables(box: SystemdBox, variant: 'nft' | 'legacy'): Promise<void> {
  for (const ip of ['iptables', 'ip6tables']) await box.must('update-alternatives', ['--set', ip, `/usr/sbin/${ip}-${variant}`])
}

/** A control API that has published a list, and an agent that has enrolled with it. */
async function enrolEdge(box: SystemdBox): Promise<void> {
  await box.must('sh', ['-c', 'cp /checkout/systemd/examples/control.yaml /etc/edgeward/'])
  const control = (...args: readonly string[]) =>
    box.must('runuser', ['-u', 'edgeward-control', '--', 'edgeward-control', ...args, '--config', '/etc/edgeward/control.yaml'])
  await control('init', '--tokens-file', '/var/lib/edgeward-control/tokens.json')
  await control('sample', '--facilities', '20', '--addresses', '40')
  await control('publish', '--mode', 'enforce')
  await box.must('systemctl', ['start', 'edgeward-control'])
  await until(
    'the control API listens',
    async () => (await box.journal('edgeward-control')).some((line) => line.includes('"listening"')) || undefined,
  )
  await writeConfig(box, CONFIG)
  const token = await control('agents', 'token')
  const enrol = ['-u', 'edgeward-agent', '--', 'edgeward-agent', 'enrol', '--config', '/etc/edgeward/agent.yaml']
  await box.must('runuser', [...enrol, '--token-file', '-'], token)
}

/** The shipped example with `more`, without logs to watch. */
async function writeConfig(box: SystemdBox, more: Readonly<Record<string, unknown>>): Promise<void> {
  const example = parse(readFileSync(new URL('../../systemd/examples/agent.yaml', import.meta.url), 'utf8')) as object
  await box.must('tee', ['/etc/edgeward/agent.yaml'], stringify({ ...example, ...more }))
}

function runIn(box: SystemdBox): RunProgram {
  return (file, args, options = {}) =>
    box.run(file, args, options.input === undefined ? undefined : [...(options.input as Iterable<string>)].join(''))
}
