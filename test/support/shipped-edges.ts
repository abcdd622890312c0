import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { HAPROXY_MAPS } from './haproxy-edge.ts'
import type { TestNamespace } from './netns.ts'
import { ROOT_FOLDER } from './place.ts'
import { makeSelfSigned } from './self-signed.ts'
import { boundToParent, createService, type Service } from './service.ts'

/** The names that the edge has here. */
export const EDGE_HOSTS = ['egw.example', 'gdbhyt.example'] as const

export interface ShippedEdgeOptions {
  /** `portal.sock` listens here; everything is written below. */
  readonly folder: string
  /** Whose X-Forwarded-For is believed. */
  readonly balancers: readonly string[]
}

/** Lays out what both proxies need: folders that their users may enter, a certificate, the files that are shipped with them. */
export async function layOutEdge({ folder }: ShippedEdgeOptions): Promise<void> {
  await chmod(folder, 0o755)
  for (const name of ['nginx', 'haproxy', 'run', 'log', 'tls', 'ho']) await mkdir(`${folder}/${name}`)
  // Watch makes its socket there, and HAProxy sends to it under a name of its own.
  await chmod(`${folder}/run`, 0o777)
  const { key, cert } = await makeSelfSigned(`${folder}/tls`, EDGE_HOSTS)
  await writeFile(`${folder}/tls/PORTAL.pem`, cert)
  await writeFile(`${folder}/tls/PORTAL.key`, key)
  await writeFile(`${folder}/tls/both.pem`, cert + key)
  await writeFile(`${folder}/haproxy/subject.key`, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
  for (const name of HAPROXY_MAPS) await writeFile(`${folder}/haproxy/edgeward-${name}.map`, '')
  for (const name of ['edgeward-gate.lua', 'edgeward-spellings.lua'])
    await writeFile(`${folder}/haproxy/${name}`, await readFile(`${ROOT_FOLDER}/docs/haproxy/${name}`))
}

/** Starts nginx on the ports of the site file that is shipped, changed in names, paths and balancers alone. */
export async function startShippedNginx(edge: TestNamespace, { folder, balancers }: ShippedEdgeOptions): Promise<Service> {
  for (const name of ['gate-http', 'gate', 'portal', 'log-format', 'site']) {
    const text = await readFile(`${ROOT_FOLDER}/docs/nginx/edgeward-${name}.conf`, 'utf8')
    await writeFile(
      `${folder}/nginx/edgeward-${name}.conf`,
      text
        .replaceAll('/etc/nginx/edgeward/', `${folder}/nginx/`)
        .replaceAll('/run/edgeward-gate/', `${folder}/run/`)
        .replaceAll('/var/log/nginx/', `${folder}/log/`)
        .replace('PORTAL.EXAMPLE:8080', `unix:${folder}/portal.sock`)
        .replace('EGW.EXAMPLE GDBHYT.EXAMPLE', EDGE_HOSTS.join(' '))
        .replace('/etc/ssl/private/PORTAL.key', `${folder}/tls/PORTAL.key`)
        .replace('/etc/ssl/PORTAL.pem', `${folder}/tls/PORTAL.pem`)
        .replaceAll(/# set_real_ip_from {2}10\S+\n/g, balancers.map((ip) => `set_real_ip_from ${ip};\n`).join(''))
        .replaceAll(/# (real_ip_header {4}|real_ip_recursive)/g, '$1'),
    )
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/nginx/${name};`,
  )
  await writeFile(
    `${folder}/nginx/nginx.conf`,
    `daemon off; user root; worker_processes 2; pid ${folder}/nginx/pid;
events { worker_connections 1024; }
http { ${temporary.join(' ')} include ${folder}/nginx/edgeward-site.conf; }
`,
  )
  const args = ['-p', `${folder}/nginx`, '-c', 'nginx.conf', '-e', 'error.log']
  await edge.mustRun('nginx', [...args, '-t'])
  const [file, rest] = boundToParent('nginx', args)
  return createService('nginx', edge.start(file, rest))
}

/** Starts HAProxy with the file that is shipped, as its own user, changed likewise. */
export async function startShippedHaproxy(edge: TestNamespace, { folder, balancers }: ShippedEdgeOptions): Promise<Service> {
  const text = await readFile(`${ROOT_FOLDER}/docs/haproxy/edgeward.cfg`, 'utf8')
  await writeFile(
    `${folder}/haproxy/haproxy.cfg`,
    text
      .replaceAll('/etc/haproxy/edgeward', `${folder}/haproxy`)
      .replaceAll('/run/haproxy/', `${folder}/run/`)
      // Both ways of the log at once.
      .replace('# log /run/edgeward-log/', `log ${folder}/run/`)
      .replace('group edgeward-watch', 'group root')
      .replaceAll('/etc/ssl/private/PORTAL.pem', `${folder}/tls/both.pem`)
      .replace('PORTAL.EXAMPLE:8080', `unix@${folder}/portal.sock`)
      .replace('10.0.0.0/28 2001:db8:0:1::/64', balancers.join(' '))
      .replaceAll(/# http-request (set-var\(txn\.edgeward_balancer\)|set-src)/g, 'http-request $1'),
  )
  const args = ['-f', `${folder}/haproxy/haproxy.cfg`]
  await edge.mustRun('haproxy', ['-c', ...args])
  const [file, rest] = boundToParent('sh', ['-c', 'exec haproxy -W "$@" >>"$0"', `${folder}/log/haproxy.log`, ...args])
  return createService('haproxy', edge.start(file, rest))
}
