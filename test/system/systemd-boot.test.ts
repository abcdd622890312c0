/** The services under a real systemd: the door is held from the first packet of a boot on, and no start, stop, crash or torn file opens it. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { findNftState } from '../../agent/firewall/nft-state.ts'
import type { GateStatus } from '../../agent/gate/gate-status.ts'
import type { AgentStatus } from '../../agent/status/agent-status.ts'
import type { WatchStatus } from '../../agent/watch/watch-status.ts'
import { setUpProxies } from '../support/box-proxies.ts'
import { isInstalled } from '../support/surroundings.ts'
import { createSystemdBox, type SystemdBox, whyNoBox } from '../support/systemd-box.ts'
import { until } from '../support/until.ts'

const UNITS = ['edgeward-load', 'edgeward-agent', 'edgeward-watch', 'edgeward-control']
const BOOT = '/var/lib/edgeward-agent/boot'
const ONLY_NET_ADMIN = '0000000000001000' // capabilities(7): bit 12
const NO_CAPABILITY = '0000000000000000'
/** As many as are published here. */
const LAST_REVISION = 5

const RETIRED = '/api/egw/KQNhanLichSuKCB2018?username=01234_000000000000'
const CURRENT = '/api/egw/KQNhanLichSuKCB2024?username=01234_000000000000'

t.setTimeout(290_000)
const obstacle = whyNoBox()
if (obstacle !== undefined) {
  t.plan(0, obstacle)
} else {
  await using box = await createSystemdBox(`ewbox${process.pid}`)
  const inForce = () => readInForce(box)
  const sh = (script: string) => box.must('sh', ['-c', script])
  const as = (user: string, ...command: readonly [string, ...string[]]) => box.must('runuser', ['-u', user, '--', ...command])
  const untilActive = (unit: string) =>
    until(`${unit} is active`, async () => (await box.show(unit, 'ActiveState')) === 'active' || undefined)
  const countNodes = async () => Number(await sh('readlink /proc/[0-9]*/exe | grep -c /node$ || true'))
  await box.boot()

  await t.test('install makes users, folders and units that systemd understands', async (t) => {
    await box.must('sh', ['/checkout/systemd/install', '--no-packages'])
    for (const unit of UNITS) {
      const { stderr } = await box.run('systemd-analyze', ['verify', `${unit}.service`])
      t.equal(stderr, '', `${unit}.service is understood`)
      const security = await box.must('systemd-analyze', ['security', '--no-pager', `${unit}.service`])
      t.comment(security.trimEnd().split('\n').at(-1))
    }
    t.match(await box.run('edgeward-agent', ['--help']), { exitCode: 0, stdout: /prepare-boot/ })
  })

  await t.test('the key of the edges is placed for watch alone, and kept', async (t) => {
    const place = '/etc/edgeward/edges.key'
    const install = (...more: readonly string[]) => box.run('sh', ['/checkout/systemd/install', '--no-packages', ...more])
    const held = () => sh(`stat --format=%U:%G:%a ${place} && sha256sum <${place}`)
    t.not((await box.run('test', ['-e', place])).exitCode, 0, 'without the option there is none')
    await sh('umask 077; head -c 32 /dev/urandom >/root/edges.key; head -c 31 /dev/urandom >/root/short.key')
    const key = await sh('base64 -w0 </root/edges.key')

    const placed = await install('--tally-key', '/root/edges.key')
    t.match(placed, { exitCode: 0, stderr: /Placed \/etc\/edgeward\/edges\.key/ })
    const first = await held()
    t.match(first, /^root:edgeward-watch:640\n/)
    t.match(first, await sh('sha256sum </root/edges.key'))
    t.notMatch(placed.stdout + placed.stderr, key)

    for (const [how, more] of [
      ['an upgrade', []],
      ['the same key again', ['--tally-key', '/root/edges.key']],
    ] as const) {
      const { exitCode, stderr } = await install(...more)
      t.equal(exitCode, 0, how)
      t.notMatch(stderr, 'Placed')
      t.equal(await held(), first, `${how} keeps it`)
    }
    for (const [how, more] of [
      ['a key that is too short', ['--tally-key', '/root/short.key']],
      ['a key below --root', ['--root', '/tmp/package', '--tally-key', '/root/edges.key']],
    ] as const) {
      t.not((await install(...more)).exitCode, 0, `${how} is refused`)
      t.equal(await held(), first, `${how} changes nothing`)
    }
    t.equal((await sh('ls /etc/edgeward')).trim(), 'edges.key', 'nothing is left beside it')
    for (const user of ['edgeward-agent', 'nobody'])
      t.not((await box.run('runuser', ['-u', user, '--', 'cat', place])).exitCode, 0, `${user} cannot read it`)
  })

  await t.test('the example configs have no faults', async (t) => {
    await sh('cp /checkout/systemd/examples/*.yaml /etc/edgeward/')
    const check = ['check-config', '--config']
    t.match(await box.run('edgeward-agent', [...check, '/etc/edgeward/agent.yaml']), { exitCode: 0 })
    t.match(await box.run('edgeward-control', [...check, '/etc/edgeward/control.yaml']), { exitCode: 0 })
  })

  await t.test('control API, agent and watch start, each with what it needs and nothing more', async (t) => {
    const control = (...args: readonly string[]) =>
      as('edgeward-control', 'edgeward-control', ...args, '--config', '/etc/edgeward/control.yaml')
    await control('init', '--tokens-file', '/var/lib/edgeward-control/tokens.json')
    await control('sample', '--facilities', '20', '--addresses', '40')
    await control('publish', '--mode', 'enforce')
    await box.must('systemctl', ['start', 'edgeward-control'])
    await until(
      'the control API listens',
      async () => (await box.journal('edgeward-control')).some((line) => line.includes('"listening"')) || undefined,
    )
    await writeConfig(box, { control: { url: 'http://127.0.0.1:8480' }, pull: { schedule: '*/2 * * * * *', jitterMs: 100 } })
    const token = await control('agents', 'token')
    const enrol = ['-u', 'edgeward-agent', '--', 'edgeward-agent', 'enrol', '--config', '/etc/edgeward/agent.yaml']
    await box.must('runuser', [...enrol, '--token-file', '-'], token)
    await sh('install -d /var/log/nginx && install -o www-data -g adm -m 0640 /dev/null /var/log/nginx/edgeward.log')

    await box.must('systemctl', ['enable', '--quiet', 'edgeward-agent', 'edgeward-watch'])
    await box.must('systemctl', ['start', 'edgeward-agent', 'edgeward-watch'])
    const status = await until('the list is in force and watch is heard', async () => {
      const now = JSON.parse(await box.must('edgeward-agent', ['status', '--json'])) as AgentStatus
      return now.inForce?.revision === 1 && now.watch === 'connected' ? now : undefined
    })
    t.ok((await countNodes()) >= UNITS.length - 1, 'Node runs, and is counted')
    t.same(status.faults, [], 'no fault under the sandbox')
    const reason = 'small changes go straight to the kernel, without an nft; changes of others are heard straight from the kernel'
    t.same(status.backend, { name: 'nft', reason })
    t.match(await inForce(), { revision: 1, mode: 'enforce', digest: status.inForce?.digest })
    await until(
      'systemd was told',
      async () => (await box.show('edgeward-agent', 'StatusText')) === 'Enforcing revision 1' || undefined,
    )
    for (const [unit, user, capabilities] of [
      ['edgeward-agent', 'edgeward-agent', ONLY_NET_ADMIN],
      ['edgeward-watch', 'edgeward-watch', NO_CAPABILITY],
      ['edgeward-control', 'edgeward-control', NO_CAPABILITY],
    ] as const) {
      const pid = await box.show(unit, 'MainPID')
      t.equal((await box.must('stat', ['--format=%U', `/proc/${pid}`])).trim(), user)
      const sets = await sh(`grep -E '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/${pid}/status`)
      t.notOk(new RegExp(`\\t(?!${capabilities}|${NO_CAPABILITY})`).test(sets), `${unit} can have no more than ${capabilities}`)
    }
    const order = ['unsuspend', '01234_BV', '--why', 'called back', '--config', '/etc/edgeward/agent.yaml']
    await box.must('edgeward-agent', order)
    const released = await box.journal('edgeward-watch')
    t.ok(
      released.some((line) => line.includes('account was released by hand')),
      'watch takes an order of root',
    )
    for (const [user, other] of [
      ['edgeward-watch', 'edgeward-agent'],
      ['edgeward-agent', 'edgeward-watch'],
    ] as const) {
      const { exitCode } = await box.run('runuser', ['-u', user, '--', 'touch', `/run/${other}/of-${user}`])
      t.not(exitCode, 0, `${user} cannot lay anything into the folder of ${other}'s socket`)
    }
  })

  await t.test('in a namespace of processes the agent knows its own changes, and names who makes others', async (t) => {
    const control = (...args: readonly string[]) =>
      as('edgeward-control', 'edgeward-control', ...args, '--config', '/etc/edgeward/control.yaml')
    const untilStatus = (what: string, isSo: (status: AgentStatus) => boolean) =>
      until(what, async () => {
        const now = JSON.parse(await box.must('edgeward-agent', ['status', '--json'])) as AgentStatus
        return isSo(now) ? now : undefined
      })
    const { drift: quiet } = await untilStatus('it listens', ({ drift }) => drift.listening === 'on')
    t.equal(quiet.found, 0)
    for (const mode of ['observe', 'enforce'] as const) {
      await control('publish', '--mode', mode)
      await untilStatus(mode, ({ inForce: now }) => now?.mode === mode)
    }
    const before = await inForce()

    await box.must('nft', ['flush', 'chain', 'inet', 'edgeward', 'judge4'])
    const flushed = await untilStatus('the chain is back', ({ drift }) => drift.repaired > 0)
    t.match(flushed.drift, { found: 1, lastKind: 'rules-removed', lastProcess: { name: 'nft' } })

    // Its own repair and these applies were no drift; and a service that flushes all (nftables.service) is.
    await box.must('systemctl', ['restart', 'nftables'])
    const restarted = await untilStatus(
      'the table is back',
      ({ drift, faults }) => drift.found > 1 && drift.repaired > flushed.drift.repaired && faults.length === 0,
    )
    t.match(restarted.drift, { lastKind: 'table-removed', lastProcess: { name: 'nft' } })
    t.same(await inForce(), before)
    t.match(await box.must('nft', ['list', 'tables']), /table inet filter/, 'theirs is left alone')
    t.match(await box.must('edgeward-agent', ['status']), /last table-removed by nft \(process \d+\)/)

    await control('publish', '--mode', 'observe')
    await untilStatus('observe', ({ inForce: now }) => now?.mode === 'observe')
    await control('publish', '--mode', 'enforce')
    const { drift } = await untilStatus('enforce', ({ inForce: now }) => now?.mode === 'enforce')
    t.equal(drift.found, restarted.drift.found, 'its own changes are still nobody else’s')
  })

  await t.test('stop, start, restart, upgrade and SIGKILL leave the rules alone', async (t) => {
    const before = await inForce()
    const changes = await listenToKernel(box)
    await box.must('systemctl', ['stop', 'edgeward-agent'])
    t.same(await inForce(), before, 'stopped')
    await box.must('systemctl', ['start', 'edgeward-agent'])
    await box.must('sh', ['/checkout/systemd/install', '--no-packages'])
    await box.must('systemctl', ['restart', 'edgeward-agent', 'edgeward-load', 'edgeward-watch'])
    const pid = await box.show('edgeward-agent', 'MainPID')
    await box.must('kill', ['-KILL', pid])
    await until(
      'systemd starts another',
      async () => !['0', pid].includes(await box.show('edgeward-agent', 'MainPID')) || undefined,
    )
    await untilActive('edgeward-agent')
    t.equal(await box.show('edgeward-agent', 'NRestarts'), '1')
    t.same(await changes(), [], 'nobody changed the table meanwhile')
    t.same(await inForce(), before)
  })

  await t.test('after a power cut the list is in force before the network is up, without Node', async (t) => {
    const before = await inForce()
    await box.must('systemctl', ['disable', '--quiet', 'edgeward-agent', 'edgeward-watch'])
    await box.must('systemctl', ['enable', '--quiet', 'edgeward-load'])
    await box.cutPower()
    await box.boot()
    t.same(await inForce(), before, 'the same revision, digest and mode')
    t.equal(await countNodes(), 0, 'no Node runs')
    const loadedUs = Number(await box.show('edgeward-load', 'ExecMainExitTimestampMonotonic'))
    const networkUs = Number(await box.show('network-pre.target', 'ActiveEnterTimestampMonotonic'))
    t.ok(loadedUs > 0 && loadedUs <= networkUs, `loaded at ${loadedUs} µs, network-pre.target at ${networkUs} µs`)
    t.match(
      (await box.journal('edgeward-load')).join('\n'),
      /the last good program is in force: edgeward: .*revision \d+, mode enforce/,
    )
    const changes = await listenToKernel(box)
    await box.must('systemctl', ['start', 'edgeward-agent'])
    t.same(await changes(), [], 'the agent finds it right and leaves it')
    await box.must('systemctl', ['stop', 'edgeward-agent'])
  })

  // In the title, which nft would take: only the sum can tell.
  const spoil = 'read -r _ name <last-good.sha256 && printf "#" | dd of="$name" bs=1 seek=3 conv=notrunc status=none'
  const open = /the guarded ports are open|no rules before the first list/
  for (const [what, script, revision, words, result] of [
    ['a whole program', ':', LAST_REVISION, /is in force/, 'success'],
    ['a byte changed', spoil, undefined, open, 'exit-code'],
    ['cut short', 'for file in last-good-?.nft; do truncate -s 300 "$file"; done', undefined, open, 'exit-code'],
    ['no program beside its sum', 'rm last-good-?.nft', undefined, open, 'exit-code'],
    [
      'sums that name another file',
      'cp last-good-?.nft /tmp/; sha256sum ../memory/trusted.json >last-good.sha256',
      undefined,
      open,
      'exit-code',
    ],
    [
      'what nft refuses',
      'echo nonsense >last-good-a.nft; sha256sum last-good-a.nft >last-good.sha256',
      undefined,
      open,
      'exit-code',
    ],
    [
      'a torn policy too',
      'echo nonsense >last-good.sha256; echo nonsense >before-first-list.sha256',
      undefined,
      open,
      'exit-code',
    ],
    ['no list ever', 'rm last-good*', undefined, open, 'success'],
    ['nothing at all', 'rm *', undefined, open, 'success'],
  ] as const) {
    await t.test(`the loader and ${what}`, async (t) => {
      await sh(`rm -rf /tmp/boot && cp -a ${BOOT} /tmp/boot && cd ${BOOT} && ${script}`)
      await box.run('nft', ['delete', 'table', 'inet', 'edgeward'])
      const since = (await box.journal('edgeward-load')).length
      await box.run('systemctl', ['reset-failed', 'edgeward-load'])
      await box.run('systemctl', ['restart', 'edgeward-load'])
      t.equal((await inForce())?.revision, revision)
      t.equal(await box.show('edgeward-load', 'Result'), result)
      const said = (await box.journal('edgeward-load')).slice(since).filter((line) => line.startsWith('edgeward-load: '))
      t.equal(said.length, 1, 'one line says it')
      t.match(said[0], words)
      await sh(`rm -rf ${BOOT} && cp -a /tmp/boot ${BOOT}`)
    })
  }

  await t.test('firewall.beforeFirstList closes a boot that finds no whole program; the agent then puts all right', async (t) => {
    await writeConfig(box, { control: { url: 'http://127.0.0.1:8480' }, firewall: { beforeFirstList: 'closed' } })
    await as('edgeward-agent', 'edgeward-agent', 'prepare-boot', '--config', '/etc/edgeward/agent.yaml')
    await sh(`cd ${BOOT} && ${spoil}`)
    await box.powerOff()
    await box.boot()
    t.match(await inForce(), { revision: 0, mode: 'enforce' }, 'only the management prefixes pass')
    t.match(
      (await box.journal('edgeward-load')).join('\n'),
      /the last good program is torn .*what holds before the first list was loaded/,
    )
    await box.must('systemctl', ['start', 'edgeward-agent'])
    t.match(await inForce(), { revision: LAST_REVISION }, 'from its own memory, before READY and without the control API')
    await until(
      'the boot program is whole again',
      async () =>
        (await box.run('sh', ['-c', `cd ${BOOT} && sha256sum --check --strict --status last-good.sha256`])).exitCode === 0 ||
        undefined,
    )
    // A running agent would put its table back before the loader looks.
    await box.must('systemctl', ['stop', 'edgeward-agent'])
    await box.must('nft', ['delete', 'table', 'inet', 'edgeward'])
    await box.must('systemctl', ['restart', 'edgeward-load'])
    t.match(await inForce(), { revision: LAST_REVISION }, 'and the loader takes it')
    await box.must('systemctl', ['start', 'edgeward-agent'])
  })

  await t.test('after a boot the gate is there for nginx, and for HAProxy, as Debian runs them', async (t) => {
    const proxies = ['nginx', 'haproxy'].filter((program) => isInstalled(program))
    if (proxies.length < 2) return t.comment(`only ${proxies.join() || 'neither'} is installed`)
    await sh(setUpProxies())
    const gate = { socket: '/run/edgeward-gate/gate.sock', haproxy: { socket: '/run/haproxy/edgeward.sock' } }
    const logs = ['nginx/edgeward.log', 'edgeward/haproxy.log'].map((name) => ({
      path: `/var/log/${name}`,
      format: 'nginx-json',
    }))
    await writeConfig(box, { gate, watch: { logs, tallies: { keyFile: '/etc/edgeward/edges.key' } } })
    await box.must('systemctl', ['enable', '--quiet', 'edgeward-watch', 'nginx'])
    await box.powerOff()
    await box.boot()
    const status = async () =>
      JSON.parse(await sh('curl -sS --unix-socket /run/edgeward-watch/watch.sock http://watch/status')) as WatchStatus & {
        readonly gate?: GateStatus
      }
    await until('the gate listens', async () => (await status()).gate?.isListening || undefined)
    const watchPid = await box.show('edgeward-watch', 'MainPID')
    const nices = async () => (await sh(`ps -L -o tid=,ni= -p ${watchPid}`)).trim().split('\n')
    t.match((await nices())[0], new RegExp(`^ *${watchPid} +-10$`), 'the gate goes before proxies')
    await until(
      'what reads logs, and what is handed over, stands behind proxies',
      async () => (await nices()).filter((line) => line.endsWith(' 5')).length === 2 || undefined,
    )
    t.equal((await sh('stat --format=%U:%G:%a /run/edgeward-gate')).trim(), 'edgeward-watch:www-data:2750')
    t.equal((await sh('stat --format=%U:%G:%a /run/edgeward-gate/gate.sock')).trim(), 'edgeward-watch:www-data:660')
    t.equal((await sh('stat --format=%U:%G:%a /var/lib/edgeward-gate')).trim(), 'edgeward-agent:edgeward:750', 'the hand-over')
    const ask = ['curl', '-sS', '--unix-socket', '/run/edgeward-gate/gate.sock', 'http://gate/'] as const
    t.not((await box.run('runuser', ['-u', 'nobody', '--', ...ask])).exitCode, 0, 'nobody else may ask')
    const askPortal = (path: string) => sh(`curl -sS --insecure --max-time 20 -D - 'https://127.0.0.1${path}'`)
    t.match(await askPortal(RETIRED), /^HTTP\/2 403 [\s\S]*x-edgeward-reason: FUNCTION_RETIRED/, 'nginx refuses')
    t.match(await askPortal(CURRENT), /^HTTP\/2 502/, 'and lets through to the portal, which is away here')

    await box.must('systemctl', ['stop', 'nginx'])
    await box.must('systemctl', ['start', 'haproxy'])
    await until(
      'HAProxy has its maps',
      async () => (await status()).faults.every(({ code }) => !code.startsWith('GATE_HAPROXY')) || undefined,
    )
    t.match(await askPortal(RETIRED), /^HTTP\/2 403 [\s\S]*x-edgeward-reason: FUNCTION_RETIRED/, 'HAProxy refuses')
    t.match(await askPortal(CURRENT), /^HTTP\/2 503/)
    const { logs: read } = await until('both logs are read', async () => {
      const now = await status()
      return now.logs.length === 2 && now.logs.every(({ requests }) => requests === 2) ? now : undefined
    })
    t.match(read, [
      { isThere: true, faults: {} },
      { isThere: true, faults: {} },
    ])
    t.equal((await sh('stat --format=%U:%G:%a /var/log/edgeward/haproxy.log')).trim(), 'root:adm:640')
    await until(
      'HAProxy is in the counts',
      async () => (await status()).gate?.byReason.FUNCTION_RETIRED.refused === 2 || undefined,
    )
    await box.must('systemctl', ['reload', 'haproxy'])
    t.match(await askPortal(RETIRED), /FUNCTION_RETIRED/, 'reloaded')
    t.equal((await sh('stat --format=%U:%a /run/haproxy/edgeward-peers.sock')).trim(), 'haproxy:600')
  })

  await t.test('uninstall takes the services away and leaves rules, config and state', async (t) => {
    const before = await inForce()
    await box.must('umount', ['--lazy', '/usr/lib/edgeward/node_modules'])
    await box.must('sh', ['/checkout/systemd/install', '--uninstall'])
    t.same(await inForce(), before)
    t.match(await box.run('systemctl', ['cat', 'edgeward-agent']), { exitCode: 1 })
    t.match(await box.run('sh', ['-c', 'ls /etc/edgeward /var/lib/edgeward-agent && ! ls /usr/lib/edgeward']), { exitCode: 0 })
  })
}

/** What our table in the box says of itself. */
async function readInForce(box: SystemdBox) {
  const state = findNftState(await box.must('nft', ['--json', '--terse', 'list', 'ruleset', 'inet']))
  return state?.about
}

/** The shipped example with `more`. */
/** The example with the key of the edges, which watch must be able to read to start. */
async function writeConfig(box: SystemdBox, more: Readonly<Record<string, unknown>>): Promise<void> {
  const text = readFileSync(new URL('../../systemd/examples/agent.yaml', import.meta.url), 'utf8')
  const example = parse(text) as { readonly watch: object }
  const watch = { ...example.watch, tallies: { keyFile: '/etc/edgeward/edges.key' } }
  await box.must('tee', ['/etc/edgeward/agent.yaml'], stringify({ ...example, watch, ...more }))
}

/** Listens to the kernel from now on; the function given tells every change of our table until then. */
async function listenToKernel(box: SystemdBox): Promise<() => Promise<readonly string[]>> {
  const monitor = box.start('nft monitor', 'nft', ['monitor'])
  /** A change of our own that must be heard: then everything before it was. */
  const mark = (name: string) =>
    until(`the monitor hears ${name}`, async () => {
      await box.must('nft', [`add table ip ${name}; delete table ip ${name}`])
      return monitor.lines.some((line) => line.includes(name)) || undefined
    })
  await mark('begin')
  return async () => {
    await mark('end')
    await monitor.stop()
    return monitor.lines.filter((line) => /\binet edgeward\b(?!_)/.test(line))
  }
}
