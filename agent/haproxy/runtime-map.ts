import { EdgeGateError } from '../gate/edge-gate-error.ts'
import type { RuntimeSocket } from './runtime-socket.ts'

/** What a map must hold. Keys without blank; values on one line, and of letters, digits, blanks and `,:*_.-` where single entries change. */
export type MapEntries = ReadonlyMap<string, string>

/** One map file of ours inside a running HAProxy. */
export interface RuntimeMap {
  /** Makes it hold `wanted`: what differs where that is little, else all of it in one step. @throws EdgeGateError */
  fill(wanted: MapEntries): Promise<void>
  /** HAProxy was started anew: nothing is known of what it holds. */
  forget(): void
}

/** HAProxy takes a command and its payload into one buffer of 16 KiB (tune.bufsize). */
const MAX_COMMAND_BYTES = 12_000
/** More changes than this are a whole map, which HAProxy takes in one step. */
const MAX_CHANGES = 2_000

/**
 * @param path the file's name as HAProxy's configuration says it
 * @param isWhole entries belong together: a change replaces them all in one step
 */
export function createRuntimeMap(socket: RuntimeSocket, path: string, isWhole = false): RuntimeMap {
  let held: MapEntries | undefined

  async function order(commands: string): Promise<void> {
    const answer = (await socket.ask(commands)).replaceAll('Key not found.', '').trim()
    if (answer !== '')
      throw new EdgeGateError('GATE_HAPROXY_REFUSED', `HAProxy does not take ${JSON.stringify(path)}: ${answer.slice(0, 200)}`)
  }

  async function add(entries: Iterable<readonly [string, string]>, version: string): Promise<void> {
    for (const lines of inPieces(entries, ([key, value]) => `${key} ${value}\n`))
      await order(`add map ${version}${path} <<\n${lines}`)
  }

  async function replace(wanted: MapEntries): Promise<void> {
    const answer = await socket.ask(`prepare map ${path}`)
    const version = /New version created: ([0-9]+)/.exec(answer)?.[1]
    if (version === undefined)
      throw new EdgeGateError(
        'GATE_HAPROXY_REFUSED',
        `HAProxy has no map ${JSON.stringify(path)}: ${answer.trim().slice(0, 200)}`,
      )
    await add(wanted, `@${version} `)
    await order(`commit map @${version} ${path}`)
  }

  async function change(before: MapEntries, wanted: MapEntries): Promise<void> {
    const changed = [...wanted].filter(([key, value]) => before.get(key) !== value)
    const removed = [...before.keys()].filter((key) => !wanted.has(key))
    if (changed.length + removed.length > MAX_CHANGES) return replace(wanted)
    await add(
      changed.filter(([key]) => !before.has(key)),
      '',
    )
    const others = changed.filter(([key]) => before.has(key))
    for (const line of inPieces(others, ([key, value]) => `set map ${path} ${key} ${value.replaceAll(' ', '\\ ')};`))
      await order(line)
    for (const line of inPieces(removed, (key) => `del map ${path} ${key};`)) await order(line)
  }

  return {
    async fill(wanted) {
      const before = held
      // Whatever fails half-way leaves a map that nobody knows: the next time it is replaced.
      held = undefined
      await (before === undefined || isWhole ? replace(wanted) : change(before, wanted))
      held = wanted
    },
    forget() {
      held = undefined
    },
  }
}

/** Texts one behind another, in pieces that a command can hold. */
function* inPieces<T>(items: Iterable<T>, textOf: (item: T) => string): Generator<string> {
  let piece = ''
  for (const item of items) {
    const text = textOf(item)
    if (piece !== '' && piece.length + text.length > MAX_COMMAND_BYTES) {
      yield piece
      piece = ''
    }
    piece += text
  }
  if (piece !== '') yield piece
}
