import { createHash } from 'node:crypto'
import { createSeeded } from './seeded.ts'

/** An officer who is nobody, the same for the same word. Numbers are made up at run time. */
export function anOfficer(
  word: string,
  province = '01',
): { province: string; name: string; bhxhCode: string; phone: string; account: string } {
  const seeded = createSeeded(createHash('sha256').update(word).digest().readUInt32BE(0))
  return {
    province,
    name: 'Cán bộ Mẫu',
    bhxhCode: seeded.digits(10),
    phone: `09${seeded.digits(8)}`,
    account: `${province}${seeded.digits(3)}_${seeded.digits(12)}`,
  }
}
