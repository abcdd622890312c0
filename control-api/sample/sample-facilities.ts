import { MERGER_AT_MS, successorOf } from '../../rules/provinces/province-names.ts'
import { PROVINCES_BEFORE_MERGER } from '../../rules/provinces/province-table.ts'
import type { SampleRandom } from './sample-random.ts'

/** A made-up facility. Its code begins with the province that issued it; `province` is who manages it at the sample's date. */
export interface SampleFacility {
  readonly code: string
  readonly name: string
  readonly province: string
  readonly dailyVisits: number
}

/** Numbers that one province can issue. */
const MAX_PER_PROVINCE = 999
const KINDS = [
  { upTo: 40, name: 'Trạm y tế xã mẫu' },
  { upTo: 200, name: 'Phòng khám đa khoa mẫu' },
  { upTo: 1000, name: 'Trung tâm y tế mẫu' },
  { upTo: Number.POSITIVE_INFINITY, name: 'Bệnh viện đa khoa mẫu' },
] as const

/** Facilities of all provinces; visits a day are log-normal (median 10, σ 1.75, at most 10,000). */
export function sampleFacilities(random: SampleRandom, count: number, atMs: number): SampleFacility[] {
  const issuers = Object.keys(PROVINCES_BEFORE_MERGER).sort()
  if (count > issuers.length * MAX_PER_PROVINCE * 0.9)
    throw new RangeError(`Cannot make ${count} facilities: the codes have room for fewer`)
  const issued = new Map<string, number>()
  const facilities: SampleFacility[] = []
  while (facilities.length < count) {
    const issuer = issuers[random.below(issuers.length)] ?? '01'
    const number = (issued.get(issuer) ?? 0) + 1
    if (number > MAX_PER_PROVINCE) continue
    issued.set(issuer, number)
    const code = `${issuer}${String(number).padStart(3, '0')}`
    const dailyVisits = Math.max(1, Math.min(10_000, Math.round(random.logNormal(10, 1.75))))
    const kind = KINDS.find(({ upTo }) => dailyVisits <= upTo) ?? KINDS[0]
    const province = atMs < MERGER_AT_MS ? issuer : (successorOf(issuer) ?? issuer)
    facilities.push({ code, name: `${kind.name} ${code}`, province, dailyVisits })
  }
  return facilities
}
