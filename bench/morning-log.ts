import { closeSync, openSync, writeSync } from 'node:fs'
import type { Registrations } from '../rules/detect/registered-facility.ts'
import type { AttributedRequest } from '../rules/requests/attributed-request.ts'
import { makeFacilities, registrationsOf } from '../test/support/scenarios/facilities.ts'
import { ordinaryDay } from '../test/support/scenarios/ordinary-day.ts'
import { dayStartMs } from '../test/support/scenarios/request.ts'
import { createSeeded } from '../test/support/seeded.ts'
import { clientOf } from './client-names.ts'

const FACILITIES = 13_000
/** A Tuesday; from this hour on, when the country is at work: some 150 lines a second. */
const DAY_MS = dayStartMs('2026-03-03')
const FROM_MS = DAY_MS + 8 * 3_600_000
const PORTAL_OFFSET_MS = 7 * 3_600_000
const LINES_A_PIECE = 5_000
const HEX = '0123456789abcdef'
const PATHS: Readonly<Record<string, string>> = {
  KQNhanLichSuKCB2024: '/api/egw/KQNhanLichSuKCB2024',
  Lskcb2025: '/api/egw/Lskcb2025',
  TraCuuTienMCCT: '/api/TraCuuCCT/TraCuuTienMCCT',
}

export interface MorningLogOptions {
  readonly lines: number
  readonly seed: number
  /** Whether the lines tell whom they are about, as ten digits. */
  readonly withSubjects: boolean
}

/**
 * Writes a log of an ordinary morning as the scenario bank plays it: visits that begin with a log-in and make one to nine look-ups, three at a time, some refused, some that
 * find nobody; tokens and all. `morningRegistrations` fit it.
 */
export function writeMorningLog(file: string, { lines, seed, withSubjects }: MorningLogOptions): void {
  const facilities = makeFacilities(seed, FACILITIES)
  const seeded = createSeeded(seed)
  const pool = Array.from({ length: 65_536 }, () => HEX[seeded.below(16)]).join('')
  const hex = (length: number): string => {
    const start = seeded.below(pool.length - length)
    return pool.slice(start, start + length)
  }

  function lineOf(request: AttributedRequest): string {
    const at = new Date(request.atMs + PORTAL_OFFSET_MS).toISOString().slice(0, 19)
    // A log-in names its account in the body, which no proxy logs.
    const path = PATHS[request.function]
    const query = `?token=${hex(100)}&id_token=${hex(36)}&username=${request.account ?? ''}&password=${hex(32)}`
    const uri = path === undefined ? '/api/token/take' : `${path}${query}`
    const told = withSubjects
      ? `,"subject":"${numberOf(request)}","result":"${path === undefined ? '' : (request.result ?? '')}"`
      : ''
    return `{"at":"${at}+07:00","ip":"${request.ip}","port":"${1024 + seeded.below(60_000)}","method":"POST","uri":"${uri}","status":"${request.status}","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":""${told},"userAgent":"${clientOf(facilityIn(request.account))}"}\n`
  }

  const output = openSync(file, 'w')
  let [written, piece] = [0, '']
  for (const request of ordinaryDay({ seed, facilities, startMs: DAY_MS, withSubjects })) {
    if (request.atMs < FROM_MS) continue
    piece += lineOf(request)
    written += 1
    if (written === lines || written % LINES_A_PIECE === 0) {
      writeSync(output, piece)
      piece = ''
    }
    if (written === lines) break
  }
  closeSync(output)
  if (written < lines) throw new Error(`The day has only ${written} lines after eight o'clock`)
}

/** Sizes and addresses of the facilities in a log of that seed. */
export function morningRegistrations(seed: number): Registrations {
  return registrationsOf(makeFacilities(seed, FACILITIES))
}

/** The facility that an account begins with, as a number. */
function facilityIn(account = ''): number {
  return Number.parseInt(account, 10)
}

/** Ten digits for a person, '' for nobody; who lives in one place has numbers close to each other. */
function numberOf({ subject, subjectBlock = 0 }: AttributedRequest): string {
  if (subject === undefined) return ''
  const block = (subjectBlock >>> 0) % 10_000_000
  const rest = Number.parseInt(subject.slice(0, 8), 16) % 1000
  return `${String(block).padStart(7, '0')}${String(rest).padStart(3, '0')}`
}
