import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRuntimeSocket, type RuntimeSocket } from '../../agent/haproxy/runtime-socket.ts'
import { ROOT_FOLDER } from './place.ts'
import { createService, type Service, spawnHere } from './service.ts'
import { until } from './until.ts'

export const HAPROXY_MAPS = ['policy', 'standings', 'users', 'grants', 'addresses'] as const

/** A running HAProxy with what is shipped, sockets for ports, and a portal behind it that tells what reached it. */
export interface HaproxyEdge extends AsyncDisposable {
  readonly service: Service
  readonly runtime: RuntimeSocket
  /** Clients say where they come from by the PROXY protocol. */
  readonly front: string
  /** The same where requests are refused that cannot be judged. */
  readonly closed: string
  /** The same as `front` with HTTP/2, without TLS. */
  readonly front2: string
  /** A frontend without the gate that writes `option httplog`, with the User-Agent captured as its second header. */
  readonly plain: string
  /** Lines of the access log. */
  readonly log: readonly string[]
  /** Lines of `plain`. */
  readonly plainLog: readonly string[]
  /** Whatever the clock says, it is this instant from now on; 0: the clock's time again. */
  setClock(nowMs: number): Promise<void>
  /** The worker has taken over what there was, and could teach the next. */
  canTeach(): Promise<void>
  /** As `systemctl reload haproxy` does; done when another worker answers. */
  reload(): Promise<void>
}

/** The shipped code asks the clock by `core.now`, here one that stands where the test puts it. */
const TEST_CLOCK = `local clock, real = Map.new((os.getenv("EDGEWARD_MAPS") or "") .. "/test-clock.map", Map._str), core.now
core.now = function()
  if clock:lookup("fails") == "1" then error("no clock") end
  local ms = tonumber(clock:lookup("now")) or 0
  if ms == 0 then return real() end
  return { sec = ms // 1000, usec = ms % 1000 * 1000 }
end
`

/**
 * @param subjectKey base64
 * @param hasPortal somebody else listens on `portal.sock`
 */
export async function startHaproxy(folder: string, subjectKey: string, hasPortal = false): Promise<HaproxyEdge> {
  for (const name of HAPROXY_MAPS) await writeFile(`${folder}/edgeward-${name}.map`, '')
  await writeFile(`${folder}/test-clock.map`, 'now 0\nfails 0\n')
  await writeFile(`${folder}/test-clock.lua`, TEST_CLOCK)
  await writeFile(`${folder}/subject.key`, `${subjectKey}\n`)
  for (const name of ['edgeward-gate.lua', 'edgeward-spellings.lua'])
    await writeFile(`${folder}/${name}`, await readFile(`${ROOT_FOLDER}/docs/haproxy/${name}`))
  const shipped = await readFile(`${ROOT_FOLDER}/docs/haproxy/edgeward.cfg`, 'utf8')
  const placed = shipped
    .replace(/stats socket \S+ mode 660 group \S+/, `stats socket ${folder}/runtime.sock mode 600`)
    .replaceAll('/etc/haproxy/edgeward', folder)
    .replace('lua-load', `lua-load ${folder}/test-clock.lua\n    lua-load`)
    .replace('default-bind user haproxy', 'default-bind')
    .replace('/run/haproxy/edgeward-peers.sock', `${folder}/peers.sock`)
    // The balancers of the example are believed.
    .replaceAll('# http-request set-', 'http-request set-')
    .replace(/^ *(?:bind|user|group) .*\n/gm, '')
    .replace('PORTAL.EXAMPLE:8080 check', `unix@${folder}/portal.sock`)
  const bind = (socket: string, more = ''): string => `    bind unix@${folder}/${socket} accept-proxy${more}\n`
  const [front, back] = [placed.indexOf('frontend edgeward\n'), placed.indexOf('\nbackend portal')]
  const rules = placed.slice(front, back).replace('frontend edgeward\n', '')
  await writeFile(
    `${folder}/haproxy.cfg`,
    `${placed.slice(0, front)}frontend edgeward\n${bind('front.sock')}${bind('h2.sock', ' proto h2')}${rules}
frontend edgeward_closed\n${bind('closed.sock')}${rules.replaceAll('# http-request return status 503', 'http-request return status 503')}
frontend edgeward_plain\n${bind('plain.sock')}    option httplog\n    capture request header Host len 32\n    capture request header User-Agent len 8192
    http-request return status 200\n${placed.slice(back)}`,
  )
  const portal = createServer((request, response) => {
    request.resume()
    const { 'x-real-ip': ip, 'x-real-port': port, 'x-forwarded-for': forwarded } = request.headers
    response.end(JSON.stringify({ maKetQua: '000', ip, port, forwarded, url: request.url }))
  })
  if (!hasPortal) portal.listen(`${folder}/portal.sock`)
  const service = createService('haproxy', spawnHere('haproxy', ['-W', '-f', `${folder}/haproxy.cfg`]))
  const log: string[] = []
  const plainLog: string[] = []
  service.listen((line) => {
    if (line.startsWith('{"at"')) log.push(line)
    else if (line.includes(' edgeward_plain ')) plainLog.push(line)
  })
  const runtime = createRuntimeSocket(`${folder}/runtime.sock`)
  const pid = async (): Promise<string | undefined> => /^Pid: ([0-9]+)/m.exec(await runtime.ask('show info'))?.[1]
  await until('HAProxy answers', () => (service.exit === undefined ? pid() : 'ended'))
  if (service.exit !== undefined) throw new Error(`HAProxy ended: ${service.lines.join('\n')}`)
  return {
    service,
    runtime,
    front: `${folder}/front.sock`,
    closed: `${folder}/closed.sock`,
    front2: `${folder}/h2.sock`,
    plain: `${folder}/plain.sock`,
    log,
    plainLog,
    async setClock(nowMs) {
      await runtime.ask(`set map ${folder}/test-clock.map now ${nowMs}`)
    },
    async canTeach() {
      await until('the tables are whole', async () => {
        const flags = / flags=0x([0-9a-f]+)/.exec(await runtime.ask('show peers'))?.[1]
        // peers.c: PEERS_F_RESYNC_LOCAL and PEERS_F_RESYNC_REMOTE
        return (Number.parseInt(flags ?? '0', 16) & 3) === 3 || undefined
      })
    },
    async reload() {
      const before = await pid()
      process.kill(service.pid, 'SIGUSR2')
      await until('another worker answers', async () => {
        const now = await pid()
        return now === undefined || now === before ? undefined : now
      })
    },
    async [Symbol.asyncDispose]() {
      await service.stop()
      portal.close()
      portal.closeAllConnections()
    },
  }
}
