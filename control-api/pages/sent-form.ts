import type { PageWords } from './page.ts'
import type { PageFault } from './page-fault.ts'

/** A form as it is shown: empty, or once more after it was refused, with what was typed and what is wrong with it. */
export interface SentForm {
  readonly isSent: boolean
  /** What was typed; nothing of what is secret. */
  valueOf(name: string): string | undefined
  valuesOf(name: string): readonly string[]
  /** What is wrong with one field. */
  faultOf(name: string): PageWords | undefined
  /** Why it was refused. */
  readonly fault: PageWords | undefined
  /** Fields that are wrong, in the order in which they were found. */
  readonly faults: ReadonlyMap<string, PageWords>
}

/** What goes into no page again: an access token, a citizen ID, an account that is made of one, and what the form itself brings along. */
const UNKEPT: ReadonlySet<string> = new Set(['form', 'token', 'citizenId'])
const NUMBER_OF_PERSON = /[0-9]{12}/

/** A form that nobody has sent yet. */
export const NEW_FORM: SentForm = sentForm(new URLSearchParams())

/** A form that was sent and refused. */
export function sentForm(form: URLSearchParams, refusal?: Pick<PageFault, 'words' | 'fields'>): SentForm {
  const faults = refusal?.fields ?? new Map<string, PageWords>()
  const valuesOf = (name: string): readonly string[] =>
    UNKEPT.has(name) ? [] : form.getAll(name).filter((value) => !NUMBER_OF_PERSON.test(value))
  return {
    isSent: refusal !== undefined,
    valueOf: (name) => valuesOf(name)[0],
    valuesOf,
    faultOf: (name) => faults.get(name),
    fault: refusal?.words,
    faults,
  }
}

/** What may be kept of a form while its sender signs in again. */
export function keptFields(form: URLSearchParams): readonly (readonly [string, string])[] {
  return [...form].filter(([name, value]) => !UNKEPT.has(name) && !NUMBER_OF_PERSON.test(value))
}
