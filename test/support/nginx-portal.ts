import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Place, ROOT_FOLDER } from './place.ts'
import { boundToParent, createService, type Service } from './service.ts'

export interface NginxPortalOptions {
  readonly place: Place
  /** Folder of its own. */
  readonly folder: string
  readonly ports: readonly number[]
  /** Access log, in the format of docs/nginx/edgeward-log-format.conf. */
  readonly log: string
  /** Unix socket of the portal behind it. */
  readonly upstream: string
}

/** The real nginx in front of the portal, with the log format that Edgeward ships. Plain HTTP on all ports. */
export async function startNginxPortal(options: NginxPortalOptions): Promise<Service> {
  const { place, folder } = options
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'nginx.conf'), configOf(options))
  const [file, args] = boundToParent('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'])
  return createService('nginx', place.start(file, args))
}

/** One process and one user: root of a namespace, because a user namespace may have no other. */
function configOf({ folder, ports, log, upstream }: NginxPortalOptions): string {
  const places = ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const kept = places.map((name) => `${name === 'body' ? 'client_body' : name}_temp_path ${join(folder, name)};`)
  return `daemon off; master_process off; user root; pid ${join(folder, 'nginx.pid')};
events { worker_connections 512; }
http {
  include ${join(ROOT_FOLDER, 'docs/nginx/edgeward-log-format.conf')};
  access_log ${log} edgeward;
  ${kept.join(' ')}
  keepalive_timeout 600s; keepalive_requests 1000000;
  upstream portal { server unix:${upstream}; keepalive 8; }
  server {
    ${ports.map((port) => `listen ${port};`).join(' ')}
    location / { proxy_pass http://portal; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
}
