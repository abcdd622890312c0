import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What this machine lets us show. */
export type Surroundings =
  /** Network namespaces can be made here. */
  | { readonly kind: 'namespaces' }
  /** They can be made inside a user namespace of our own (user_namespaces(7)): no root needed. */
  | { readonly kind: 'user-namespace' }
  /** They cannot; `missing` says what is not there and how to get it. */
  | { readonly kind: 'none'; readonly missing: readonly string[] }

/** Programs and the Debian packages that bring them. */
const PROGRAMS = [
  ['nft', 'nftables'],
  ['ip', 'iproute2'],
  ['setpriv', 'util-linux'],
  ['unshare', 'util-linux'],
] as const

/** Mounts that let ip(8) keep its names in a user namespace: `/run` of the host is not ours to write. */
export const OWN_RUN = 'mount -t tmpfs tmpfs /run && mkdir -p /run/netns && ip link set lo up'

/** Arguments of `unshare` for a user, network and mount namespace of our own. */
export const OWN_NAMESPACES = ['--user', '--map-root-user', '--net', '--mount', '--propagation', 'private'] as const

/** Finds out by trying: makes a namespace, asks nft for its tables, and removes it again. */
export function findSurroundings(): Surroundings {
  const missing = PROGRAMS.filter(([program]) => !isInstalled(program))
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ')
    return { kind: 'none', missing: [`${missing.map(([program]) => program).join(', ')}: as root, apt-get install ${packages}`] }
  }
  const isRoot = process.getuid?.() === 0
  if (isRoot && succeeds('sh', ['-c', TRY])) return { kind: 'namespaces' }
  if (succeeds('unshare', [...OWN_NAMESPACES, 'sh', '-c', `${OWN_RUN} && ${TRY}`])) return { kind: 'user-namespace' }
  const reason = isRoot
    ? 'network namespaces: this root may not make them (a container without CAP_SYS_ADMIN and CAP_NET_ADMIN); run it with both, or --privileged'
    : 'network namespaces: run it as root (sudo npm start), or let users make user namespaces (sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0)'
  return { kind: 'none', missing: [reason] }
}

/** The name has no pid of a living process in it, so that a run that is cut off here is cleaned up by the next. */
const TRY = 'n=ew-999999999-$$-try; ip netns add $n || exit 1; ip netns exec $n nft list tables; s=$?; ip netns del $n; exit $s'

function succeeds(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore', timeout: 10_000 }).status === 0
}

/** True where PATH has the program. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
