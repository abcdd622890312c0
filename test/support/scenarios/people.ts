import type { ScenarioFacility } from './facilities.ts'
import type { Random } from './random.ts'

/** Whom a look-up is about, as the parser tells it. */
export interface ScenarioPerson {
  readonly subject: string
  readonly subjectBlock: number
}

/** Numbers of a thousand each that a commune's people were given when whole families were registered. */
const PEOPLE_PER_VISIT = 120
const LOCAL_SHARE = 0.6
/** Of a block's thousand numbers, as many live here. */
const LOCAL_DENSITY = 0.4
const NUMBERS = 10_000_000_000

/**
 * Whoever comes to a facility: most live near it and have numbers that were given out there, close to each other; the rest come from
 * anywhere. Made-up BHXH numbers, known only as their hash.
 */
export function visitorOf({ code, dailyVisits }: ScenarioFacility, random: Random): ScenarioPerson {
  if (random.next() >= LOCAL_SHARE) return strangerOf(random)
  const blocks = Math.max(3, Math.ceil((dailyVisits * PEOPLE_PER_VISIT * LOCAL_SHARE) / (1000 * LOCAL_DENSITY)))
  const block = mix(Number(code), random.whole(0, blocks - 1)) % (NUMBERS / 1000)
  return personOf(block * 1000 + Math.floor(random.whole(0, 999) * LOCAL_DENSITY))
}

/** Somebody of the country, each as likely as the next. */
export function strangerOf(random: Random): ScenarioPerson {
  return personOf(Math.floor(random.next() * NUMBERS))
}

/** The person with a BHXH number, hashed as with a key that nobody has. */
export function personOf(number: number): ScenarioPerson {
  const high = Math.floor(number / 100_000)
  const low = number % 100_000
  const words = [mix(high, low), mix(low, high), mix(high + 1, low + 7), mix(low + 11, high + 5)]
  return {
    subject: words.map((word) => word.toString(16).padStart(8, '0')).join(''),
    subjectBlock: mix(Math.floor(number / 1000), 0x5eed) | 0,
  }
}

/** 32 bits that look random; the same two numbers give the same. */
function mix(a: number, b: number): number {
  let mixed = Math.imul((a % 0x1_0000_0000) ^ 0x9e3779b1, 0x85ebca6b) ^ Math.imul(b + 0x165667b1, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
