import { FACILITY_ACCOUNTS, type FacilityAccount, facilityAccountOf } from '../requests/lookup-line.ts'

/** Accounts of one province. */
const PAGE = 2_000

/** Where the accounts of facilities are held, found without a search; 8 KB for each province that has any. */
export class FacilitySlots {
  /** Slots and one, by account. */
  readonly #pages: (Int32Array | undefined)[] = Array.from({ length: FACILITY_ACCOUNTS / PAGE })

  /** The slot of an account, -1 where it is not held. */
  find(account: FacilityAccount): number {
    const page = this.#pages[(account / PAGE) | 0]
    return page === undefined ? -1 : (page[account % PAGE] as number) - 1
  }

  /** The account of this name is held in a slot from now on, in none for -1. Other names are no matter of this. */
  set(name: string, slot: number): void {
    const account = facilityAccountOf(name)
    if (account < 0) return
    const number = Math.floor(account / PAGE)
    const page = this.#pages[number] ?? new Int32Array(PAGE)
    this.#pages[number] = page
    page[account % PAGE] = slot + 1
  }
}
