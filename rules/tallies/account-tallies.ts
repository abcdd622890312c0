import { createHmac } from 'node:crypto'
import type { Account } from '../detect/account.ts'
import { isLookup, isSameMiss, missOf } from '../detect/is-lookup.ts'
import type { SubjectHash } from '../detect/sketches/subject-hash.ts'
import type { AttributedRequest, FunctionClass } from '../requests/attributed-request.ts'
import { checkKey } from '../requests/mask-account.ts'
import { deriveSipKey, type SipKey, type SipWords, sipHash } from '../requests/sip-hash.ts'
import { createAccountTokens } from './account-token.ts'
import type { RequestTallies } from './request-tallies.ts'
import type { Tally } from './tally.ts'
import { TallyBook } from './tally-book.ts'

/** Lines are seldom later; each minute kept costs an entry for every account in it. */
const KEEP_MINUTES = 6
/** Addresses remembered with their hash. */
const MAX_ADDRESSES = 65_536

export interface AccountTalliesOptions {
  readonly edge: string
  /** 16 hexadecimal digits, new where nothing is gone on with. */
  readonly boot: string
  /** The key of the edges, at least 16 bytes: central never has it. */
  readonly key: Uint8Array
  /** Whether the facility travels beside the token. */
  readonly tellsFacility: boolean
  /** What was held before a restart; its boot goes on. */
  readonly saved?: readonly Tally[]
}

/** Counts for central what the detector counts here. @throws RequestError KEY_TOO_SHORT */
export class AccountTallies implements RequestTallies {
  readonly book: TallyBook
  readonly keyId: string
  readonly #sourceKey: SipKey
  readonly #addresses = new Map<string, SipWords>()
  /** By slot: the name it had, and its token. */
  readonly #names: string[] = []
  readonly #tokens: string[] = []
  #account: Account | undefined

  constructor({ edge, boot, key, tellsFacility, saved = [] }: AccountTalliesOptions) {
    checkKey(key)
    this.keyId = createHmac('sha256', key).update('key id').digest('hex').slice(0, 8)
    this.#sourceKey = deriveSipKey(key, 'source')
    const tokenOf = createAccountTokens(key)
    const goesOn = saved.filter((tally) => tally.edge === edge && tally.keyId === this.keyId)
    this.book = new TallyBook({
      edge,
      boot: goesOn[0]?.boot ?? boot,
      keyId: this.keyId,
      keepMinutes: KEEP_MINUTES,
      tokenOf: (slot) => {
        const { name = '', facility } = this.#account ?? {}
        // An account that was saved under a masked name takes its own again when it comes back.
        if (this.#names[slot] !== name) {
          this.#names[slot] = name
          this.#tokens[slot] = tokenOf(name)
        }
        return { token: this.#tokens[slot] as string, facility: tellsFacility ? facility : undefined }
      },
    })
    this.book.restore(goesOn)
  }

  note(account: Account, request: AttributedRequest, isCounted: boolean, subject: SubjectHash | undefined, isNew: boolean): void {
    const { atMs, class: kind } = request
    if (!isLookup(kind) || request.isProbe) return
    const isRepeat = subject !== undefined && !isNew
    if (missOf(request) === 'misses' && !(isRepeat && isSameMiss(request))) this.noteMiss(account, atMs)
    if (isCounted) this.noteAnswered(account, atMs, kind, subject, isNew)
    else this.noteRefused(account, atMs)
  }

  noteMiss(account: Account, atMs: number): void {
    this.#account = account
    this.book.count(account.slot, atMs, 'misses')
  }

  noteRefused(account: Account, atMs: number): void {
    this.#account = account
    this.book.count(account.slot, atMs, 'refused')
  }

  noteAnswered(account: Account, atMs: number, kind: FunctionClass, subject: SubjectHash | undefined, isNew: boolean): void {
    this.#account = account
    const { book } = this
    const { slot, sourceHash } = account
    book.count(slot, atMs, 'lookups')
    if (kind !== 'lookup') book.count(slot, atMs, 'histories')
    if (isNew) book.count(slot, atMs, 'newSubjects')
    if (subject !== undefined) book.see(slot, atMs, subject.high, subject.low)
    // Like the detection here: addresses that are registered for the facility say nothing.
    if (sourceHash !== 0) {
      const { high, low } = this.#addressOf(account.source)
      book.use(slot, atMs, high, low)
    }
  }

  clear(slot: number): void {
    this.book.clear(slot)
  }

  /** All IPv4 addresses are hashed in minutes without a key. */
  #addressOf(ip: string): SipWords {
    const held = this.#addresses.get(ip)
    if (held !== undefined) return held
    const bytes = Buffer.from(ip, 'latin1')
    const words: SipWords = { high: 0, low: 0 }
    sipHash(this.#sourceKey, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, words)
    const oldest = this.#addresses.size >= MAX_ADDRESSES ? this.#addresses.keys().next().value : undefined
    if (oldest !== undefined) this.#addresses.delete(oldest)
    this.#addresses.set(ip, words)
    return words
  }
}
