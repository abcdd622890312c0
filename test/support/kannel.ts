import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { boundToParent, createService, type Service, spawnHere } from './service.ts'
import { isInstalled } from './surroundings.ts'
import { until } from './until.ts'

/** Whether Debian's Kannel can be started here: `/usr/sbin` is in no PATH of ordinary users. */
export function hasKannel(): boolean {
  return ['bearerbox', 'smsbox'].every((box) => isInstalled(box) || isInstalled(`../sbin/${box}`))
}

export interface Kannel extends AsyncDisposable {
  /** Where messages are handed over: `http://127.0.0.1:…/cgi-bin/sendsms`. */
  readonly url: string
  readonly boxes: readonly Service[]
}

export interface KannelOptions {
  /** Folder of its own. */
  readonly folder: string
  /** The message centre that it is bound to. */
  readonly centre: { readonly port: number; readonly systemId: string; readonly password: string }
  readonly user: string
  readonly password: string
}

/** The real Kannel on loopback: the bearerbox speaks SMPP to the centre, the smsbox takes messages by HTTP. */
export async function startKannel({ folder, centre, user, password }: KannelOptions): Promise<Kannel> {
  await mkdir(folder, { recursive: true })
  const [adminPort = 0, boxPort = 0, sendPort = 0] = await freePorts(3)
  const file = join(folder, 'kannel.conf')
  await writeFile(
    file,
    `group = core
admin-port = ${adminPort}
admin-password = ${password}
admin-deny-ip = "*.*.*.*"
smsbox-port = ${boxPort}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = ${centre.port}
transceiver-mode = true
smsc-username = ${centre.systemId}
smsc-password = ${centre.password}
system-type = ""
interface-version = 34
enquire-link-interval = 10
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${sendPort}

group = sendsms-user
username = ${user}
password = ${password}
default-sender = BHXH
max-messages = 10
concatenation = true
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
`,
    { mode: 0o600 },
  )
  const start = (box: string): Service => {
    const [program, args] = boundToParent(`/usr/sbin/${box}`, ['-v', '1', file])
    return createService(box, spawnHere(program, args, { cwd: folder }))
  }
  const bearerbox = start('bearerbox')
  await bearerbox.line(/Start-up done/)
  const smsbox = start('smsbox')
  const url = `http://127.0.0.1:${sendPort}/cgi-bin/sendsms`
  await until('the smsbox answers', () =>
    fetch(url).then(
      () => true,
      () => undefined,
    ),
  )
  return {
    url,
    boxes: [bearerbox, smsbox],
    async [Symbol.asyncDispose]() {
      for (const box of [smsbox, bearerbox]) await box.stop()
    },
  }
}
