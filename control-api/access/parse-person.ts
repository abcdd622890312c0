import { ControlError } from '../http/control-error.ts'

const MAX_LENGTH = 100
/** Latin letters alone: a Cyrillic `а` looks the same and would make a second person of the first. */
const PERSON = /^[\p{Script=Latin}0-9]+(?:[ ._@+-][\p{Script=Latin}0-9]+)*$/u

/**
 * The one spelling of a person's name. Where a second person must approve, names are compared: `An`, `an ` and a decomposed `Bình` would be
 * other people than `an` and `bình`. In lower case, composed (Unicode NFKC), without spaces around it.
 * @throws ControlError BAD_FIELDS
 */
export function parsePerson(text: string): string {
  const person = findPerson(text)
  if (person !== undefined) return person
  const message =
    'must be Latin letters and digits, with single spaces or . _ @ + - between them, at most 100 characters, as "an" or "tran.binh"'
  throw new ControlError('BAD_FIELDS', `Cannot take ${JSON.stringify(text.slice(0, 40))} as a person: it ${message}.`, {
    vi: 'Tên người dùng chỉ gồm chữ cái La-tinh và chữ số, tối đa 100 ký tự, ví dụ "an" hoặc "tran.binh".',
    errors: [{ path: '/body/person', message }],
  })
}

/** The same; `undefined` for a text that names nobody. */
export function findPerson(text: string): string | undefined {
  const person = text.normalize('NFKC').trim().toLowerCase()
  return person.length <= MAX_LENGTH && PERSON.test(person) ? person : undefined
}
