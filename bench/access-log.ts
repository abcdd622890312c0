import { closeSync, openSync, writeSync } from 'node:fs'
import { createSeeded, type Seeded } from '../test/support/seeded.ts'
import { clientOf } from './client-names.ts'

const START_MS = Date.UTC(2026, 10, 22, 1)
const FACILITIES = 13_000
const LINES_A_PIECE = 5_000
const HEX = '0123456789abcdef'

export interface AccessLogOptions {
  readonly lines: number
  readonly seed: number
  /** Users with a name of their own, in turn, each of the facility after the last one's; without them every facility has its one account. */
  readonly users?: number
}

/**
 * Writes a log of ordinary look-ups, tokens and all: 13,000 facilities whose sizes are log-normal (median 10 visits a day, σ 1.75, at most 10,000),
 * two addresses each, 350 requests a second. Made up from `seed`.
 */
export function writeAccessLog(file: string, { lines, seed, users }: AccessLogOptions): void {
  const seeded = createSeeded(seed)
  const pool = Array.from({ length: 65_536 }, () => HEX[seeded.below(16)]).join('')
  const hex = (length: number) => {
    const start = seeded.below(pool.length - length)
    return pool.slice(start, start + length)
  }
  const facilities = facilitiesByVisits(seeded)
  const output = openSync(file, 'w')
  for (let line = 0; line < lines; ) {
    let piece = ''
    for (let i = 0; i < LINES_A_PIECE && line < lines; i += 1, line += 1) {
      const at = new Date(START_MS + Math.floor(line / 350) * 1000 + 7 * 3_600_000).toISOString().slice(0, 19)
      const user = users === undefined ? undefined : seeded.below(users)
      const chosen = user === undefined ? (facilities[seeded.below(facilities.length)] ?? 0) : user % FACILITIES
      const facility = String(1_000 + chosen).padStart(5, '0')
      const ip = `20.${chosen >> 8}.${chosen & 255}.${1 + seeded.below(2)}`
      const query = `token=${hex(100)}&id_token=${hex(36)}&username=${facility}_${user === undefined ? 'BV' : String(user).padStart(12, '0')}&password=${hex(32)}`
      piece += `{"at":"${at}+07:00","ip":"${ip}","port":"${1024 + seeded.below(60_000)}","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?${query}","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":"","userAgent":"${clientOf(chosen)}"}\n`
    }
    writeSync(output, piece)
  }
  closeSync(output)
}

/** Each facility as often as it has visits in a day, so that a blind pick meets the large ones most. */
function facilitiesByVisits(seeded: Seeded): readonly number[] {
  const share = () => (1 + seeded.below(1_000_000)) / 1_000_001
  return Array.from({ length: FACILITIES }, (_, facility) => {
    const normal = Math.sqrt(-2 * Math.log(share())) * Math.cos(2 * Math.PI * share())
    const visits = Math.min(10_000, Math.max(1, Math.round(10 * Math.exp(1.75 * normal))))
    return Array.from({ length: visits }, () => facility)
  }).flat()
}
