import { closeSync, openSync, writeSync } from 'node:fs'
import { createSeeded } from '../test/support/seeded.ts'

const START_MS = Date.UTC(2026, 10, 22, 1)
const LINES_A_PIECE = 5_000
const HEX = '0123456789abcdef'

/** Writes a log of ordinary look-ups: some 12,000 accounts from 25,000 addresses, 350 requests a second, tokens and all. Made up from `seed`. */
export function writeAccessLog(file: string, lines: number, seed: number): void {
  const seeded = createSeeded(seed)
  const pool = Array.from({ length: 65_536 }, () => HEX[seeded.below(16)]).join('')
  const hex = (length: number) => {
    const start = seeded.below(pool.length - length)
    return pool.slice(start, start + length)
  }
  const output = openSync(file, 'w')
  for (let line = 0; line < lines; ) {
    let piece = ''
    for (let i = 0; i < LINES_A_PIECE && line < lines; i += 1, line += 1) {
      const at = new Date(START_MS + Math.floor(line / 350) * 1000 + 7 * 3_600_000).toISOString().slice(0, 19)
      const facility = String(1_000 + seeded.below(12_000)).padStart(5, '0')
      const ip = `203.${seeded.below(25)}.${seeded.below(10)}.${seeded.below(100)}`
      const query = `token=${hex(100)}&id_token=${hex(36)}&username=${facility}_BV&password=${hex(32)}`
      piece += `{"at":"${at}+07:00","ip":"${ip}","port":"${1024 + seeded.below(60_000)}","method":"POST","uri":"/api/egw/KQNhanLichSuKCB2024?${query}","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":""}\n`
    }
    writeSync(output, piece)
  }
  closeSync(output)
}
