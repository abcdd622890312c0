import { describe, expect, it } from 'vitest'
import type { AgentStatus } from '../../../agent/status/agent-status.ts'
import { statusPage } from '../../../agent/status/status-page.ts'
import { statusWords } from '../../../agent/status/status-words.ts'
import { aStatus } from '../../support/agent-status.ts'

const EVIL = `<img src=x onerror=alert(1)>"'&`

/** A status with a hostile text wherever a text can stand. */
const hostile: AgentStatus = aStatus({
  name: EVIL,
  agentId: EVIL,
  agentVersion: EVIL,
  backend: { name: EVIL, reason: EVIL },
  faults: [{ area: EVIL, code: EVIL, message: EVIL, since: EVIL }],
  blocked: [{ address: EVIL, account: EVIL, rule: EVIL, until: EVIL }],
  refused: {
    at: EVIL,
    sources: [{ address: EVIL, packets: 1, firstAt: EVIL, lastAt: EVIL }],
    total: { sources: 0, isFull: false, unlistedPackets: 0 },
  },
  heldBack: [{ revision: 1, at: EVIL, reason: EVIL }],
  openings: [{ id: EVIL, block: EVIL, at: EVIL, until: EVIL, why: EVIL, by: EVIL }],
  flags: [{ at: EVIL, account: EVIL, rule: EVIL, action: EVIL, requests: 1, sources: [EVIL], taken: 'none' }],
  host: {
    hostname: EVIL,
    os: EVIL,
    kernel: EVIL,
    cpus: 1,
    memoryBytes: 1,
    freeMemoryBytes: 1,
    load1: 0,
    uptimeS: 1,
    agentRssBytes: 1,
  },
})

describe('statusPage', () => {
  it('escapes every text', () => {
    const page = statusPage(hostile)
    expect(page).not.toContain('<img')
    expect(page.match(/&#60;img src=x onerror=alert\(1\)&#62;&#34;&#39;&#38;/g)?.length).toBeGreaterThan(15)
  })

  it('is Vietnamese first, tells English as such, refreshes itself and fits a phone', () => {
    const page = statusPage(aStatus())
    expect(page).toMatch(/^<!doctype html>\n<html lang="vi">/)
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
    expect(page).toMatch(/<meta http-equiv="refresh" content="\d+">/)
    expect(page).toContain('Đang chặn địa chỉ lạ <span lang="en">Strangers are refused</span>')
  })

  it.each<[Partial<AgentStatus>, string]>([
    [{ inForce: null, list: null, agentId: null, lastReportAt: null }, 'Chưa bảo vệ theo danh sách'],
    [{ inForce: { revision: 412, digest: '', mode: 'observe' } }, 'Chỉ đếm, chưa chặn'],
    [{ inForce: { revision: 412, digest: '', mode: 'observe' }, localHold: true }, 'Cấu hình của máy này giữ ở chế độ quan sát.'],
    [{ faults: [{ area: 'pass', code: 'METADATA_OLDER', message: 'older', since: '2024-07-27T03:00:00Z' }] }, 'METADATA_OLDER'],
    [{}, 'Không có.'],
  ])('shows %j', (fields, words) => {
    expect(statusPage(aStatus(fields))).toContain(words)
  })

  it('tells times as they are in Viet Nam', () => {
    expect(statusPage(aStatus())).toContain('10:00:00 27/7/2024')
  })
})

describe('statusWords', () => {
  it.each<[Partial<AgentStatus>, string]>([
    [{}, 'edge-1: enforcing revision 412; strangers are refused'],
    [
      { inForce: { revision: 412, digest: '', mode: 'observe' } },
      'edge-1: observing revision 412; strangers are counted and pass (the revision says so)',
    ],
    [
      { inForce: { revision: 412, digest: '', mode: 'observe' }, localHold: true },
      'edge-1: observing revision 412; strangers are counted and pass (held by the local config)',
    ],
    [{ inForce: null }, 'edge-1: NOT GUARDING by a signed list: no signed list is in force yet'],
    [{ backend: { name: 'dry-run', reason: 'no nft' } }, 'edge-1: DRY RUN of revision 412: no nft'],
  ])('begins with what holds: %j', (fields, line) => {
    expect(statusWords(aStatus(fields)).split('\n')[0]).toBe(line)
  })

  it('tells faults before figures, what to do, and ages instead of dates', () => {
    const words = statusWords(
      aStatus({
        faults: [{ area: 'pass', code: 'CONTROL_UNREACHABLE', message: 'Cannot reach it', since: '2024-07-27T00:00:00Z' }],
      }),
    )
    expect(words).toMatch(/FAULT pass: Cannot reach it\n {6}CONTROL_UNREACHABLE, since 3 h ago\n {6}→ .*\n\nRevision/)
    expect(words).toContain('Pull answered    60 s ago')
  })
})
