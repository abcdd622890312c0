import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestNamespace } from './netns.ts'
import { until } from './until.ts'

/** A real firewalld that sees one namespace. */
export interface Firewalld {
  /** Runs firewall-cmd(1). */
  command(...args: readonly string[]): Promise<void>
  /** As `systemctl stop` does: it takes its own rules away. */
  stop(): Promise<void>
}

/** A bus for everybody who finds the socket, which lies in a folder of ours. */
const busConfig = (socket: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="false"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`

/** Starts firewalld with a bus of its own; what is configured for good lies in `folder` and outlives it. */
export async function startFirewalld(edge: TestNamespace, folder: string): Promise<Firewalld> {
  const config = join(folder, 'config')
  const socket = join(folder, 'bus')
  await mkdir(config, { recursive: true })
  await writeFile(join(folder, 'bus.conf'), busConfig(socket))
  const bus = edge.start('dbus-daemon', [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--nopidfile'])
  const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` }
  await until('the bus', async () => ((await edge.run('test', ['-S', socket])).exitCode === 0 ? true : undefined))
  const daemon = edge.start('firewalld', ['--nofork', '--nopid', '--system-config', config, '--log-file', join(folder, 'log')], {
    env,
  })
  await until('firewalld', async () =>
    (await edge.run('firewall-cmd', ['--state'], { env, timeoutMs: 10_000 })).exitCode === 0 ? true : undefined,
  )
  return {
    async command(...args) {
      await edge.mustRun('firewall-cmd', args, { env })
    },
    async stop() {
      for (const child of [daemon, bus]) {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      }
    },
  }
}
