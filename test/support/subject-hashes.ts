import { mixed, type SubjectHash } from '../../rules/detect/sketches/subject-hash.ts'

/** The hash of a made-up person, as a keyed hash would spread: the same number gives the same one. */
export function hashOfPerson(person: number): SubjectHash {
  const high = mixed(Math.imul(person, 0x9e3779b1) ^ 0x2545f491)
  return { high, low: mixed(high ^ Math.imul(person + 1, 0x85ebca6b)) }
}
