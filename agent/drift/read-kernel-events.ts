import { SIGN_TABLE } from '../../rules/firewall/compile-nft-sign.ts'
import { NFT_TABLE } from '../../rules/firewall/nft-layout.ts'
import type { KernelChange, KernelProcess } from './kernel-change.ts'
import { createTouches } from './touches.ts'

export interface KernelEvents {
  /** `port` is the number of the socket that it came through, where that is told. */
  onChange(change: KernelChange, port?: number): void
  /** The sign of life came back, made by this process as the kernel numbers it. */
  onSign(process: KernelProcess): void
  /** The kernel had to drop events: what changed meanwhile, nobody told. */
  onLost(): void
}

const LOST = '# ERROR: We lost some netlink events!'
const GENERATION = /^# new generation \d+ by process (\d+) \((.*)\)$/
const EVENT = /^([a-z]+) ([a-z]+) (inet \S+)(?: (\S+))?(?: |$)/
const ELEMENT = ` element ${NFT_TABLE} `
/** No line of ours is as long; more of it says nothing. */
const MAX_LINE_LENGTH = 4096

/** Reads what `nft monitor` prints, in pieces cut anywhere. What happened comes before the line that says who did it. */
export function createKernelEventReader(events: KernelEvents): (text: string) => void {
  let rest = ''
  const touches = createTouches()
  let isSign = false

  const takeElement = (text: string, start: number, at: number): void => {
    const from = at + ELEMENT.length
    touches.add(text.slice(start, at), 'element', text.slice(from, text.indexOf(' ', from)))
  }

  const take = (line: string): void => {
    const made = GENERATION.exec(line)
    if (made !== null) {
      const process = { pid: Number(made[1]), name: printable(made[2] ?? '') }
      const touched = touches.take()
      if (isSign) events.onSign(process)
      else events.onChange({ process, touches: touched })
      isSign = false
      return
    }
    if (line === LOST) {
      events.onLost()
      return
    }
    const [, verb = '', object = '', table, name = ''] = EVENT.exec(line) ?? []
    if (table === SIGN_TABLE) isSign = true
    else if (table === NFT_TABLE) touches.add(verb, object, object === 'table' ? '' : name)
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

/** A process chooses its name itself: at most 64 printable ASCII characters of it. */
export function printable(name: string): string {
  return name.replaceAll(/[^ -~]/g, '?').slice(0, 64)
}
