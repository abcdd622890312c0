import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type ListenOptions, type NetConnectOpts } from 'node:net'

/** A running relay of bytes. */
export interface Relay extends AsyncDisposable {
  /** Port listened on, 0 for a unix socket. */
  readonly port: number
}

/**
 * Listens at `from` and joins every connection to `to`. Unix sockets reach into network namespaces, because they are files: so a page served inside one
 * can be opened on this host's loopback.
 */
export async function startRelay(from: ListenOptions, to: NetConnectOpts): Promise<Relay> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true })
    const end = () => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      open.add(socket)
      socket.once('error', end)
      socket.once('close', () => open.delete(socket))
    }
    near.pipe(far)
    far.pipe(near)
  })
  const open = new Set<{ destroy(): unknown }>()
  server.listen(from)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: isPort(address) ? address.port : 0,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

function isPort(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

/**
 * Program: `node relay.ts SOCKET HOST PORT` listens on the unix socket, `node relay.ts SOCKET HOST PORT in` at the host and port, and joins each connection to the
 * other; says `ready`.
 */
async function main(): Promise<void> {
  const [socket, host, port, way = 'out'] = process.argv.slice(2)
  if (socket === undefined || host === undefined || port === undefined || !['in', 'out'].includes(way))
    throw new Error('Usage: relay.ts SOCKET HOST PORT [in]')
  const near = { path: socket }
  const far = { host, port: Number(port) }
  await (way === 'in' ? startRelay(far, near) : startRelay(near, far))
  process.stdout.write('ready\n')
}

if (import.meta.main) await main()
