import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { portalTimeText } from '../../../rules/requests/portal-time-text.ts'

/** The first instant of a day in the portal's zone: `dayStartMs('2026-03-02')`. */
export function dayStartMs(day: string): number {
  return Date.parse(`${day}T00:00:00+07:00`)
}

/** A request as the parser gives it; a test names only what it is about. */
export function aRequest(fields: Partial<AttributedRequest> = {}): AttributedRequest {
  return {
    atMs: dayStartMs('2026-03-02'),
    ip: '14.225.0.7',
    port: 40_000,
    account: '01234_BV',
    accountSource: 'query',
    facility: '01234',
    function: 'KQNhanLichSuKCB2024',
    class: 'lookup',
    retired: false,
    status: 200,
    subject: undefined,
    subjectBlock: undefined,
    isProbe: false,
    result: undefined,
    ...fields,
  }
}

/** A made-up person: what a proxy writes that hashes the card number itself. */
export function subjectOf(facility: string, person: number): string {
  const part = Math.imul(Number(facility) + 1, 0x9e3779b1) ^ Math.imul(person + 1, 0x85ebca6b)
  const mixed = Math.imul(part ^ (part >>> 13), 0xc2b2ae35) >>> 0
  return `${mixed.toString(16).padStart(8, '0')}${person.toString(16).padStart(12, '0')}${facility}${'0'.repeat(7)}`
}

const PATHS: Readonly<Record<string, string>> = {
  KQNhanLichSuKCB2024: '/api/egw/KQNhanLichSuKCB2024',
  Lskcb2025: '/api/egw/Lskcb2025',
  TraCuuTienMCCT: '/api/TraCuuCCT/TraCuuTienMCCT',
  nhanHoSoKCBChiTiet: '/api/egw/nhanHoSoKCBChiTiet',
  'token/take': '/api/token/take',
}

/** The request as a line of the JSON access log, without its line feed. */
export function toLogLine(request: AttributedRequest): string {
  const { account, subject, result } = request
  const path = PATHS[request.function] ?? `/api/egw/${request.function}`
  return JSON.stringify({
    at: portalTimeText(request.atMs),
    ip: request.ip,
    port: request.port,
    method: 'POST',
    uri: account === undefined ? path : `${path}?username=${account}`,
    status: request.status,
    bytes: 512,
    ms: 40,
    host: 'egw.example',
    ...(subject === undefined ? {} : { subject }),
    ...(result === undefined ? {} : { result }),
  })
}

/** Several streams of requests as one, in order of time. */
export function* mergeByTime(...streams: readonly Iterable<AttributedRequest>[]): Generator<AttributedRequest> {
  const heads = streams.flatMap((stream) => {
    const iterator = stream[Symbol.iterator]()
    const first = iterator.next()
    return first.done === true ? [] : [{ iterator, request: first.value }]
  })
  while (heads.length > 0) {
    let earliest = 0
    for (let at = 1; at < heads.length; at++) {
      if ((heads[at]?.request.atMs ?? 0) < (heads[earliest]?.request.atMs ?? 0)) earliest = at
    }
    const head = heads[earliest] as (typeof heads)[number]
    yield head.request
    const next = head.iterator.next()
    if (next.done === true) heads.splice(earliest, 1)
    else head.request = next.value
  }
}
