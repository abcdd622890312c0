import type { Seeded } from './seeded.ts'

/** A card check as a hospital's software makes it: account in the query, person in the body. */
export interface LookUp {
  readonly method: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Makes a look-up of a person that nobody has: the letters say a kind of card that does not exist. */
export function makeLookUp(account: string, seeded: Seeded): LookUp {
  const secret = seeded.digits(16)
  const query = `token=${secret}&id_token=${secret}&username=${account}&password=${secret}`
  return {
    method: 'POST',
    path: `/api/egw/KQNhanLichSuKCB2024?${query}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ maThe: `ZZ4${seeded.digits(12)}`, hoTen: 'NGUOI THU', ngaySinh: '01/01/1970' }),
  }
}
