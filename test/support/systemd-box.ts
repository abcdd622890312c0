import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { execa } from 'execa'
import { createOwnCgroup } from './own-cgroup.ts'
import { ROOT_FOLDER } from './place.ts'
import { boundToParent, createService, type Service, spawnHere } from './service.ts'
import { until } from './until.ts'
import { createWorkDir } from './work-dir.ts'

/** How a program in a box ended. */
export interface BoxRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * A machine of its own under a real systemd (systemd-nspawn): this host's files below an overlay in memory, own processes, own network with a loopback
 * only. What it writes lives from boot to boot and is gone with the box. The checkout is at `/checkout`, its packages where they are installed.
 */
export interface SystemdBox extends AsyncDisposable {
  /** Boots and waits until systemd has nothing left to start. */
  boot(): Promise<void>
  /** `systemctl poweroff`; done when the machine is off. */
  powerOff(): Promise<void>
  /** Cuts the power: no process gets another instruction. */
  cutPower(): Promise<void>
  /** Runs a program as root inside. Never throws for an exit code: tests judge it. */
  run(file: string, args: readonly string[], input?: string): Promise<BoxRun>
  /** As `run`, gives the output; an exit code other than 0 throws with both outputs. */
  must(file: string, args: readonly string[], input?: string): Promise<string>
  /** Starts a program among the box's files and in its network that goes on until it is stopped; it is a process of this host. */
  start(name: string, file: string, args: readonly string[]): Service
  /** Value of a property of a unit, as `systemctl show` prints it. */
  show(unit: string, property: string): Promise<string>
  /** Lines of a unit's journal of this boot. */
  journal(unit: string): Promise<readonly string[]>
}

/** Why no box can be made here, in words; `undefined` where one can. */
export function whyNoBox(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = ['systemd-nspawn', 'unshare', 'nsenter', 'nft'].filter(
    (file) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin; command -v ${file}`], { stdio: 'ignore' }).status !== 0,
  )
  return missing.length > 0 ? `needs ${missing.join(', ')} (systemd-container on Debian)` : undefined
}

/**
 * In the folder `$1`; what systemd-nspawn writes for itself lies in memory too. Only what systemd itself brings and what the test enables starts. It is the
 * first process of a namespace: with it goes all that was started in there.
 */
const MAKE_FILES = `set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
cd "$1"
mkdir up work box
mount -t overlay overlay -o lowerdir=/,upperdir="$1/up",workdir="$1/work" box
cd box
rm -rf etc/systemd/system/*.wants
mkdir -p checkout usr/lib/edgeward/node_modules
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
echo ready
exec sleep infinity`
/** Moves itself into the control group `$1` and becomes the rest. */
const JOIN_GROUP = 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"'

/** Makes a box that is off. */
export async function createSystemdBox(machine: string): Promise<SystemdBox> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await createWorkDir('ew-box'))
  const group = parts.use(await createOwnCgroup())
  const own = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc']
  const keeper = parts.use(startBound(`files of ${machine}`, 'unshare', [...own, 'sh', '-c', MAKE_FILES, 'sh', folder.path]))
  await keeper.line(/^ready$/)
  const [keeperInit] = await childrenOf(keeper.pid)
  let running: { readonly service: Service; readonly init: number } | undefined

  const commandLine = (namespaces: readonly string[], file: string, args: readonly string[]): string[] => {
    if (running === undefined) throw new Error(`Cannot run ${file} in ${machine}: it is off`)
    return ['-t', String(running.init), ...namespaces, 'env', '-i', ...OWN_ENVIRONMENT, file, ...args]
  }
  const isUp = async (): Promise<'up' | 'ended'> => {
    if (running?.service.exit !== undefined) return 'ended'
    const { stdout, stderr } = await box.run('systemctl', ['is-system-running'])
    if (/^(?:running|degraded)$/m.test(stdout)) return 'up'
    throw new Error(`${machine} is ${stdout}${stderr}`)
  }

  const all = parts.move()
  const box: SystemdBox = {
    async boot() {
      const inGroup = ['-c', JOIN_GROUP, 'sh', group.path]
      const amongFiles = ['nsenter', '-t', String(keeperInit), '-m', '-p']
      const options = [
        '--quiet',
        '--boot',
        '--keep-unit',
        '--register=no',
        '--private-network',
        '--link-journal=no',
        '--console=pipe',
        `--machine=${machine}`,
        `--directory=${folder.file('box')}`,
        `--bind-ro=${ROOT_FOLDER}:/checkout`,
        `--bind-ro=${ROOT_FOLDER}/node_modules:/usr/lib/edgeward/node_modules`,
      ]
      const service = startBound(machine, 'sh', [...inGroup, ...amongFiles, 'systemd-nspawn', ...options])
      const init = await until(`${machine} has a first process`, async () => {
        if (service.exit !== undefined) throw new Error(`${machine} ended: ${service.lines.join('\n')}`)
        return await findInit(service.pid)
      })
      running = { service, init }
      if ((await until(`${machine} is up`, isUp)) === 'up') return
      throw new Error(
        `${machine} ended while it booted (${JSON.stringify(service.exit)}): ${service.lines.slice(-20).join('\n')}`,
      )
    },
    async powerOff() {
      await box.run('systemctl', ['poweroff', '--no-block'])
      const { service } = running ?? {}
      await until(`${machine} is off`, () => service?.exit)
      running = undefined
    },
    async cutPower() {
      if (running === undefined) return
      // With the first process of a namespace go all others; systemd-nspawn then tidies up after them.
      process.kill(running.init, 'SIGKILL')
      await running.service.exited
      running = undefined
    },
    async run(file, args, input) {
      const result = await execa('nsenter', commandLine(['-a'], file, args), {
        reject: false,
        stripFinalNewline: false,
        timeout: 120_000,
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
      })
      if (result.exitCode === undefined) throw new Error(`${file} ${args.join(' ')} in ${machine}: ${result.shortMessage}`)
      return { exitCode: result.exitCode, stdout: String(result.stdout), stderr: String(result.stderr) }
    },
    async must(file, args, input) {
      const { exitCode, stdout, stderr } = await box.run(file, args, input)
      if (exitCode === 0) return stdout
      throw new Error(`${file} ${args.join(' ')} in ${machine} ended with ${exitCode}: ${stderr}${stdout}`)
    },
    // Into a namespace of processes nsenter(1) goes by a child, which would outlive it.
    start: (name, file, args) => startBound(name, 'nsenter', commandLine(['-m', '-n'], file, args)),
    async show(unit, property) {
      return (await box.must('systemctl', ['show', '--value', '--property', property, unit])).trim()
    },
    async journal(unit) {
      await box.must('journalctl', ['--sync'])
      return (await box.must('journalctl', ['--boot', '--unit', unit, '--output', 'cat', '--no-pager'])).trimEnd().split('\n')
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
  return box
}

/** A host of its own has nothing of the one that the tests run on: tap's NODE_OPTIONS name files that are not in the box. */
const OWN_ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8']

/** The first process of the box, seen from here: below nsenter and systemd-nspawn, in a namespace within a namespace. */
async function findInit(pid: number): Promise<number | undefined> {
  if (/^NSpid:\t\d+\t\d+\t1$/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) return pid
  for (const child of await childrenOf(pid)) {
    const init = await findInit(child)
    if (init !== undefined) return init
  }
  return undefined
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}

function startBound(name: string, file: string, args: readonly string[]): Service {
  const [program, rest] = boundToParent(file, args)
  return createService(name, spawnHere(program, rest))
}
