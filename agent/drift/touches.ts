import { SEEN_SETS } from '../../rules/firewall/nft-layout.ts'
import type { Touch } from './kernel-change.ts'

/** Gathers what one transaction did to our table, each thing once. */
export interface Touches {
  add(verb: string, object: string, name: string): void
  /** What was gathered; the next transaction begins. */
  take(): readonly Touch[]
}

/** More different ones than our table has parts: what somebody invents is not counted beyond. */
const MAX_TOUCHES = 64
const SEEN_NAMES: ReadonlySet<string> = new Set(SEEN_SETS.map(({ name }) => name))

export function createTouches(): Touches {
  let gathered = new Map<string, Touch>()
  return {
    add(verb, object, name) {
      // A set without a name comes and goes with its rule.
      if (name.startsWith('__')) return
      // Packets fill these; what others do to them opens and closes nothing.
      if (object === 'element' && SEEN_NAMES.has(name)) return
      const key = `${verb} ${object} ${name}`
      if (gathered.size < MAX_TOUCHES && !gathered.has(key)) gathered.set(key, { verb, object, name })
    },
    take() {
      const taken = [...gathered.values()]
      gathered = new Map()
      return taken
    },
  }
}
