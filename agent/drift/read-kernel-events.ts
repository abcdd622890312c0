import { NFT_TABLE, SEEN_SETS } from '../../rules/firewall/nft-layout.ts'
import type { KernelChange, KernelProcess, Touch } from './kernel-change.ts'

/** A table that only the listener's own sign of life names; it never stands in the ruleset. */
export const SIGN_TABLE = 'inet edgeward_sign'

export interface KernelEvents {
  onChange(change: KernelChange): void
  /** The sign of life came back, made by this process as the kernel numbers it. */
  onSign(process: KernelProcess): void
  /** The kernel had to drop events: what changed meanwhile, nobody told. */
  onLost(): void
}

const LOST = '# ERROR: We lost some netlink events!'
const GENERATION = /^# new generation \d+ by process (\d+) \((.*)\)$/
const EVENT = /^([a-z]+) ([a-z]+) inet (edgeward|edgeward_sign)(?: (\S+))?(?: |$)/
const ELEMENT = ` element ${NFT_TABLE} `
/** No line of ours is as long; more of it says nothing. */
const MAX_LINE_LENGTH = 4096
/** More different ones than our table has parts: what somebody invents is not counted beyond. */
const MAX_TOUCHES = 64
const SEEN_NAMES: ReadonlySet<string> = new Set(SEEN_SETS.map(({ name }) => name))

/** Reads what `nft monitor` prints, in pieces cut anywhere. What happened comes before the line that says who did it. */
export function createKernelEventReader(events: KernelEvents): (text: string) => void {
  let rest = ''
  let touches = new Map<string, Touch>()
  let isSign = false

  const touch = (verb: string, object: string, name: string): void => {
    // A set without a name comes and goes with its rule.
    if (name.startsWith('__')) return
    const key = `${verb} ${object} ${name}`
    if (touches.size < MAX_TOUCHES && !touches.has(key)) touches.set(key, { verb, object, name })
  }

  const takeElement = (text: string, start: number, at: number): void => {
    const from = at + ELEMENT.length
    const name = text.slice(from, text.indexOf(' ', from))
    // Packets fill these; what others do to them opens and closes nothing.
    if (!SEEN_NAMES.has(name)) touch(text.slice(start, at), 'element', name)
  }

  const take = (line: string): void => {
    const made = GENERATION.exec(line)
    if (made !== null) {
      const process = { pid: Number(made[1]), name: printable(made[2] ?? '') }
      if (isSign) events.onSign(process)
      else events.onChange({ process, touches: [...touches.values()] })
      touches = new Map()
      isSign = false
      return
    }
    if (line === LOST) {
      events.onLost()
      return
    }
    const [, verb = '', object = '', table, name = ''] = EVENT.exec(line) ?? []
    if (table === 'edgeward_sign') isSign = true
    else if (table === 'edgeward') touch(verb, object, object === 'table' ? '' : name)
  }

  /** A load of a million hosts is a million lines: those are not even cut out. */
  const takeAt = (text: string, start: number, end: number): void => {
    for (const verb of ['add', 'delete']) {
      if (!text.startsWith(verb, start) || !text.startsWith(ELEMENT, start + verb.length)) continue
      takeElement(text, start, start + verb.length)
      return
    }
    take(text.slice(start, Math.min(end, start + MAX_LINE_LENGTH)))
  }

  return (text) => {
    const all = rest + text
    let start = 0
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
      takeAt(all, start, end)
      start = end + 1
    }
    rest = all.slice(start, start + MAX_LINE_LENGTH)
  }
}

function printable(name: string): string {
  return name.replaceAll(/[^ -~]/g, '?').slice(0, 64)
}
