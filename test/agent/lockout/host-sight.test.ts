import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createHostSight } from '../../../agent/lockout/host-sight.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

it('connections names a real connection of this host', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  await once(server, 'connection')
  const found = await createHostSight().connections()
  client.destroy()
  server.close()
  expect(found.filter(({ localPort }) => localPort === port)).toEqual([{ localPort: port, peer: '127.0.0.1' }])
})

it('logins reads the addresses that logind knows, and nothing else', async () => {
  const root = await temporaryFolder()
  expect(await createHostSight(root).logins()).toBeUndefined()
  const folder = join(root, 'run/systemd/sessions')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '3'), 'UID=0\nREMOTE=1\nREMOTE_HOST=20.0.0.1\n')
  await writeFile(join(folder, '4'), 'UID=0\nREMOTE=1\nREMOTE_HOST=desk.example\n')
  await writeFile(join(folder, '5'), 'UID=0\nREMOTE=0\n')
  expect(await createHostSight(root).logins()).toEqual(new Set(['20.0.0.1']))
})

it('outgoingPorts falls back to what the kernel ships', async () => {
  expect(await createHostSight(await temporaryFolder()).outgoingPorts()).toEqual({ from: 32_768, to: 60_999 })
})
