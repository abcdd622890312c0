import type { AddressMemory } from './address-cache.ts'
import type { AccountPlace } from './attributed-request.ts'
import { type ByteCache, createByteCache, latin1, shortText } from './byte-cache.ts'
import { decodeQueryPart } from './decode-percent.ts'
import { findAccount, type PortalAccount } from './find-account.ts'

/** An account with the addresses it used last (most have one or two, and so they are found without a search), and where it is counted: one object for all. */
export interface KnownAccount extends PortalAccount, AddressMemory, AccountPlace {
  slot: number
}

/** Named users of all facilities. */
const SLOTS = 262_144
const MAX_KEY_BYTES = 24
/** A page for each province: its thousand facilities, `_BV` and `_TC`. */
const PAGES = 100
const PAGE_ACCOUNTS = 2_000

const USER_BYTES = 18
const ZERO = 0x30
const UNDERSCORE = 0x5f

/** `?_bv` and `?_tc` as the words that end an account of eight characters, letters in lower case, the first character left out. */
const BV = wordOf('\0_bv')
const TC = wordOf('\0_tc')

/**
 * What a value of a query or form says of the account, in the same object each time. The accounts of facilities, `NNNNN_BV` and
 * `NNNNN_TC`, are found by their number, without hash and comparison.
 */
export function createAccountCache(): ByteCache<KnownAccount | undefined> {
  const others = createByteCache(
    SLOTS,
    MAX_KEY_BYTES,
    (view, start, end) => readUser(view, start, end) ?? readAccount(latin1(view, start, end)),
  )
  const facilities: string[] = []
  const pages: (KnownAccount | undefined)[][] = Array.from({ length: PAGES }, () => [])

  /** A named user of a facility, whose name needs no decoding: `NNNNN_` and twelve digits. */
  function readUser(view: DataView, start: number, end: number): KnownAccount | undefined {
    if (end - start !== USER_BYTES || view.getUint8(start + 5) !== UNDERSCORE) return undefined
    let facility = 0
    for (let i = start; i < end; i += 1) {
      const digit = view.getUint8(i) - ZERO
      if ((digit < 0 || digit > 9) && i !== start + 5) return undefined
      if (i < start + 5) facility = facility * 10 + digit
    }
    const name = shortText(view, start, end)
    // One text for all users of a facility.
    facilities[facility] ??= name.slice(0, 5)
    return knownAs(name, facilities[facility])
  }

  return {
    glance: (view, start, end) => others.glance(view, start, end),
    get(view, start, end) {
      if (end - start !== 8) return others.get(view, start, end)
      const head = view.getInt32(start, true)
      const tail = view.getInt32(start + 4, true)
      const last = (tail & 0xff) - 0x30
      const suffix = (tail & 0xffff_ff00) | 0x2020_0000
      if (!isFourDigits(head) || last < 0 || last > 9 || (suffix !== BV && suffix !== TC)) return others.get(view, start, end)
      const province = (head & 15) * 10 + ((head >>> 8) & 15)
      const facility = ((head >>> 16) & 15) * 100 + ((head >>> 24) & 15) * 10 + last
      const place = facility * 2 + (suffix === BV ? 0 : 1)
      const page = pages[province] as (KnownAccount | undefined)[]
      if (page.length === 0) for (let i = 0; i < PAGE_ACCOUNTS; i += 1) page.push(undefined)
      const known = page[place]
      if (known !== undefined) return known
      const code = shortText(view, start, start + 5)
      const fresh = knownAs(`${code}_${suffix === BV ? 'BV' : 'TC'}`, code)
      page[place] = fresh
      return fresh
    },
  }
}

function readAccount(text: string): KnownAccount | undefined {
  const account = findAccount(decodeQueryPart(text))
  return account === undefined ? undefined : knownAs(account.name, account.facility)
}

function knownAs(name: string, facility: string | undefined): KnownAccount {
  return { name, facility, address: 0, addressText: '', olderAddress: 0, olderText: '', slot: 0 }
}

function isFourDigits(word: number): boolean {
  return (word & 0xf0f0_f0f0) === 0x3030_3030 && ((word + 0x0606_0606) & 0xf0f0_f0f0) === 0x3030_3030
}

function wordOf(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE(0)
}
