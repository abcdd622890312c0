import { asciiLower } from './ascii-lower.ts'
import type { FunctionClass, FunctionName } from './attributed-request.ts'

/** A function of the portal. */
export interface PortalFunction {
  readonly name: FunctionName
  readonly class: FunctionClass
  /** One of the three that 1923/BHXH-CNTT §1c stops. */
  readonly stopped: boolean
}

const OTHER: PortalFunction = { name: 'other', class: 'other', stopped: false }
const TOKEN: PortalFunction = { name: 'token/take', class: 'token', stopped: false }
const CO_PAYMENT: PortalFunction = { name: 'TraCuuTienMCCT', class: 'lookup', stopped: false }
const WEB_HISTORY: PortalFunction = { name: 'ThongTuyenLSKCB', class: 'history', stopped: false }

/** `/api/egw/<name>`, by the name in lower case without `kq` in front: clients write the look-ups with and without it. */
const LOOKUPS: ReadonlyMap<string, PortalFunction> = new Map([
  ['nhanlichsukcb2024', { name: 'KQNhanLichSuKCB2024', class: 'lookup', stopped: false }],
  ['nhanlichsukcb2019', { name: 'KQNhanLichSuKCB2019', class: 'lookup', stopped: true }],
  ['nhanlichsukcb2018', { name: 'KQNhanLichSuKCB2018', class: 'lookup', stopped: true }],
  ['nhanlichsukcb595', { name: 'KQNhanLichSuKCB595', class: 'lookup', stopped: true }],
  ['nhanlichsukcb', { name: 'nhanLichSuKCB', class: 'lookup', stopped: false }],
])

/** `/api/egw/<name>`, by the name in lower case. */
const GATEWAY: ReadonlyMap<string, PortalFunction> = new Map([
  ['ktmathe', { name: 'ktMathe', class: 'lookup', stopped: false }],
  ['lskcb2025', { name: 'Lskcb2025', class: 'history', stopped: false }],
  ['nhanhosokcbchitiet', { name: 'nhanHoSoKCBChiTiet', class: 'record', stopped: false }],
])

/** `/api/<name>/…`, by the name in lower case. */
const AREAS: ReadonlyMap<string, PortalFunction> = new Map([
  ['qd130', { name: 'qd130', class: 'submit', stopped: false }],
  ['chungtugw', { name: 'chungtugw', class: 'submit', stopped: false }],
  ['hososuckhoe', { name: 'hososuckhoe', class: 'submit', stopped: false }],
  ['hssk', { name: 'hssk', class: 'submit', stopped: false }],
  ['danhmucgw', { name: 'DanhMucGW', class: 'catalogue', stopped: false }],
])

/** A submission: letters, then a version of at most six digits, so that no identifier ever becomes the name of a function. */
const SUBMISSION = /^guihoso([a-z]{0,40}[0-9]{0,6})$/

/** Session or ticket in a segment of its own, `/(S(…))/`: ASP.NET takes it out of the path before it looks for the function. */
const COOKIELESS = /^\((?:[a-z]\([^()]*\))+\)$/i

/**
 * The function that a normalised path (`normalisePath`) asks for, in any case. Segments after the function's own, `;parameters`, dots and
 * spaces at the end of a segment (which Windows drops) and a cookieless session do not hide it, and a doubled `/api/egw` in front (seen in a real client) is taken away.
 */
export function findFunction(path: string): PortalFunction {
  const written = path.split('/').slice(1).filter(isPlain).map(withoutEnd)
  let segments = written.map(asciiLower)
  while (segments[0] === 'api' && segments[1] === 'egw' && segments[2] === 'api') segments = segments.slice(2)
  const [first, second, third = ''] = segments
  if (first === 'thongtuyenlskcb') return WEB_HISTORY
  if (first !== 'api' || second === undefined) return OTHER
  if (second === 'token') return third === 'take' ? TOKEN : OTHER
  if (second === 'tracuucct') return third === 'tracuutienmcct' ? CO_PAYMENT : OTHER
  if (second !== 'egw') return AREAS.get(second) ?? OTHER
  return (
    LOOKUPS.get(third.replace(/^kq/, '')) ?? GATEWAY.get(third) ?? findSubmission(third, written.at(2 - segments.length) ?? '')
  )
}

function findSubmission(name: string, asWritten: string): PortalFunction {
  if (name === 'guihosogiamdinh4210') return { name: 'guiHoSoGiamDinh4210', class: 'submit', stopped: false }
  if (!SUBMISSION.test(name)) return OTHER
  return { name: `guiHoSo${asWritten.slice('guiHoSo'.length)}`, class: 'submit', stopped: false }
}

function isPlain(segment: string): boolean {
  return !segment.startsWith('(') || !COOKIELESS.test(segment)
}

/** `;jsessionid=…` belongs to the segment and names nothing. */
function withoutEnd(segment: string): string {
  const semicolon = segment.indexOf(';')
  let end = semicolon === -1 ? segment.length : semicolon
  while (end > 0 && (segment[end - 1] === '.' || segment[end - 1] === ' ')) end -= 1
  return segment.slice(0, end)
}
