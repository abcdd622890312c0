import type { FleetVerdict } from '../../rules/verdicts/blocks-document.ts'
import { tokenOf } from './tallies.ts'

/** A verdict over all edges; a test names only what it is about. */
export function aFleetVerdict(fields: Partial<FleetVerdict> = {}): FleetVerdict {
  return {
    token: tokenOf('01234_BV'),
    facility: '01234',
    rule: 'peers',
    action: 'suspend',
    at: '2026-03-02T01:00:00.000Z',
    until: '2026-03-02T01:30:00.000Z',
    requests: 400,
    subjects: 390,
    edges: 5,
    evidence: { vi: 'Tài khoản đã tra cứu 400 lượt.', en: 'The account made 400 look-ups.' },
    ...fields,
  }
}
