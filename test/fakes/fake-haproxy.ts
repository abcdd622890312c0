import { EdgeGateError } from '../../agent/gate/edge-gate-error.ts'
import type { RuntimeSocket } from '../../agent/haproxy/runtime-socket.ts'

/** The runtime API of a HAProxy, as far as maps go: answers as Debian's 2.6 does. */
export interface FakeHaproxy extends RuntimeSocket {
  map(path: string): ReadonlyMap<string, string> | undefined
  /** Every line that was asked, oldest first. */
  readonly asked: string[]
  /** The next question finds nobody. */
  failNext(): void
}

export function createFakeHaproxy(files: Readonly<Record<string, Readonly<Record<string, string>>>>): FakeHaproxy {
  const maps = new Map(Object.entries(files).map(([path, entries]) => [path, new Map(Object.entries(entries))]))
  const prepared = new Map<string, Map<string, string>>()
  const asked: string[] = []
  let version = 0
  let fails = false

  function answer(command: string, payload: string): string {
    const [verb, , ...words] = command.replaceAll('\\ ', '\0').split(' ')
    const at = words[0]?.startsWith('@') === true ? words.shift() : undefined
    const [path = '', key = '', value = ''] = words.map((word) => word.replaceAll('\0', ' '))
    const held = at === undefined ? maps.get(path) : prepared.get(at)
    if (verb === 'prepare') {
      if (!maps.has(path)) return 'Unknown map identifier. Please use #<id> or <file>.\n'
      version += 1
      prepared.set(`@${version}`, new Map())
      return `New version created: ${version}\n`
    }
    if (held === undefined) return 'Unknown map identifier. Please use #<id> or <file>.\n'
    if (verb === 'commit') maps.set(path, held)
    if (verb === 'add')
      for (const line of payload.trimEnd().split('\n'))
        held.set(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1))
    if (verb === 'set') held.set(key, value)
    if (verb === 'del' && !held.delete(key)) return 'Key not found.\n'
    return '\n'
  }

  return {
    asked,
    map: (path) => maps.get(path),
    failNext() {
      fails = true
    },
    ask(commands) {
      asked.push(commands)
      if (fails) {
        fails = false
        return Promise.reject(new EdgeGateError('GATE_HAPROXY_AWAY', 'nobody answers'))
      }
      const [line = '', payload = ''] = commands.split(' <<\n')
      return Promise.resolve(
        line
          .split(';')
          .filter((command) => command !== '')
          .map((command) => answer(command, payload))
          .join(''),
      )
    },
  }
}
