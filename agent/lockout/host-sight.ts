import { lookup } from 'node:dns/promises'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { parseProcNet, type TcpConnection } from './parse-proc-net.ts'

/** What this host tells about itself without a program being started. What cannot be read is empty. */
export interface HostSight {
  /** Established TCP connections. */
  connections(): Promise<readonly TcpConnection[]>
  /** Addresses from which people are logged in by systemd-logind's word; `undefined` where nobody keeps such a list. */
  logins(): Promise<ReadonlySet<Block> | undefined>
  /** Ports of outgoing connections. */
  outgoingPorts(): Promise<{ readonly from: number; readonly to: number }>
  /** Names of the network interfaces. */
  interfaces(): Promise<readonly string[]>
  /** Addresses of a host name as far as the resolver knows them now. */
  addressesOf(hostName: string): Promise<readonly Block[]>
}

/** ip(7), `ip_local_port_range`. */
const DEFAULT_PORTS = { from: 32_768, to: 60_999 } as const

/** The real host by its files. `root` is `/` but in tests. */
export function createHostSight(root = '/'): HostSight {
  const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8').catch(() => '')
  return {
    connections: async () => [...parseProcNet(await read('proc/net/tcp')), ...parseProcNet(await read('proc/net/tcp6'))],
    async logins() {
      const folder = join(root, 'run/systemd/sessions')
      const names = await readdir(folder).catch(() => undefined)
      if (names === undefined) return undefined
      const texts = await Promise.all(
        names.filter((name) => !name.endsWith('.ref')).map((name) => read(join('run/systemd/sessions', name))),
      )
      return new Set(texts.flatMap((text) => blocksIn(/^REMOTE_HOST=(.*)$/m.exec(text)?.[1] ?? '')))
    },
    async outgoingPorts() {
      const [from, to] = (await read('proc/sys/net/ipv4/ip_local_port_range')).trim().split(/\s+/).map(Number)
      return from === undefined || to === undefined || !(from > 0 && to >= from) ? DEFAULT_PORTS : { from, to }
    },
    interfaces: () => readdir(join(root, 'sys/class/net')).catch(() => []),
    async addressesOf(hostName) {
      const found = await lookup(hostName, { all: true }).catch(() => [])
      return found.flatMap(({ address }) => blocksIn(address))
    },
  }
}

/** None where the text is no address: logind may hold a host name. */
function blocksIn(text: string): Block[] {
  try {
    return [parseBlock(text)]
  } catch (error) {
    if (error instanceof AddressError) return []
    throw error
  }
}
