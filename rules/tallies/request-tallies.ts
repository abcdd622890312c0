import type { Account } from '../detect/account.ts'
import type { SubjectHash } from '../detect/sketches/subject-hash.ts'
import type { AttributedRequest, FunctionClass } from '../requests/attributed-request.ts'

/** Gets what the detector counts, so that nothing is looked up twice. */
export interface RequestTallies {
  /**
   * One request of an account that is held. `isCounted`: it is a look-up that was answered; then `subject` is the person, where the log tells one, and `isNew`
   * that it was not seen lately.
   */
  note(account: Account, request: AttributedRequest, isCounted: boolean, subject: SubjectHash | undefined, isNew: boolean): void
  /** Of a look-up that is no probe: it missed a person who is not known to have been asked for before, */
  noteMiss(account: Account, atMs: number): void
  /** it was refused, */
  noteRefused(account: Account, atMs: number): void
  /** or it was answered, from the account's newest address. */
  noteAnswered(account: Account, atMs: number, kind: FunctionClass, subject: SubjectHash | undefined, isNew: boolean): void
  /** The account's slot will be given to another one. */
  clear(slot: number): void
}
