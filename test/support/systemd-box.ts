import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { execa } from 'execa'
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

/** In the folder `$1`. Only what systemd itself brings and what the test enables starts. */
const MAKE_FILES = `set -e
mount -t tmpfs -o mode=0755 tmpfs "$1"
cd "$1"
mkdir up work box
mount -t overlay overlay -o lowerdir=/,upperdir="$1/up",workdir="$1/work" box
cd box
rm -rf etc/systemd/system/*.wants
mkdir -p checkout usr/lib/edgeward/node_modules
echo ready
exec sleep infinity`

/** Makes a box that is off. */
export async function createSystemdBox(machine: string): Promise<SystemdBox> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await createWorkDir('ew-box'))
  // All mounts are this process's own and go with it, however it ends.
  const own = ['--mount', '--propagation', 'private']
  const keeper = parts.use(startBound(`files of ${machine}`, 'unshare', [...own, 'sh', '-c', MAKE_FILES, 'sh', folder.path]))
  await keeper.line(/^ready$/)
  let running: { readonly service: Service; readonly init: number } | undefined
  parts.defer(async () => {
    await running?.service.stop('SIGKILL')
  })

  const commandLine = (namespaces: readonly string[], file: string, args: readonly string[]): string[] => {
    if (running === undefined) throw new Error(`Cannot run ${file} in ${machine}: it is off`)
    return ['-t', String(running.init), ...namespaces, file, ...args]
  }
  const isUp = async (): Promise<true> => {
    const { stdout, stderr } = await box.run('systemctl', ['is-system-running'])
    if (/^(?:running|degraded)$/m.test(stdout)) return true
    throw new Error(`${machine} is ${stdout}${stderr}`)
  }

  const all = parts.move()
  const box: SystemdBox = {
    async boot() {
      const service = startBound(machine, 'nsenter', [
        '-t',
        String(keeper.pid),
        '-m',
        'systemd-nspawn',
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
      ])
      const init = await until(`${machine} has a first process`, async () => {
        if (service.exit !== undefined) throw new Error(`${machine} ended: ${service.lines.join('\n')}`)
        return await findInit(service.pid)
      })
      running = { service, init }
      await until(`${machine} is up`, isUp)
    },
    async powerOff() {
      await box.run('systemctl', ['poweroff', '--no-block'])
      const { service } = running ?? {}
      await until(`${machine} is off`, () => service?.exit)
      running = undefined
    },
    async cutPower() {
      await running?.service.stop('SIGKILL')
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

/** The child of systemd-nspawn that is the first process in there; before it, there is another that only prepares. */
async function findInit(nspawnPid: number): Promise<number | undefined> {
  const children = (await readFile(`/proc/${nspawnPid}/task/${nspawnPid}/children`, 'utf8')).trim().split(' ').filter(Boolean)
  for (const pid of children) {
    if (/^NSpid:\t\d+\t1$/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) return Number(pid)
  }
  return undefined
}

function startBound(name: string, file: string, args: readonly string[]): Service {
  const [program, rest] = boundToParent(file, args)
  return createService(name, spawnHere(program, rest))
}
