import type { AgentStatus } from '../../agent/status/agent-status.ts'

/** The status of an edge that does its work; a test names only what it is about. */
export function aStatus(fields: Partial<AgentStatus> = {}): AgentStatus {
  return {
    format: 'edgeward-status/1',
    at: '2024-07-27T03:00:00.000Z',
    name: 'edge-1',
    agentId: 'agent-1',
    agentVersion: '0.1.0',
    startedAt: '2024-07-27T00:00:00.000Z',
    inForce: { revision: 412, digest: 'a'.repeat(64), mode: 'enforce' },
    list: {
      revision: 412,
      publishedAt: '2024-07-27T00:00:00+07:00',
      enforceFrom: null,
      entries: 27_900,
      blocks: 27_000,
      provinces: 63,
    },
    localHold: false,
    backend: { name: 'nft', reason: '' },
    lastPull: {
      triedAt: '2024-07-27T02:59:00.000Z',
      answeredAt: '2024-07-27T02:59:00.000Z',
      verifiedAt: '2024-07-27T02:59:00.000Z',
      appliedAt: '2024-07-27T01:00:00.000Z',
    },
    faults: [],
    drift: {
      listening: 'on',
      found: 0,
      repaired: 0,
      lastAt: null,
      lastKind: null,
      lastProcess: null,
      lastRepairMs: null,
      isFought: false,
    },
    proof: null,
    stream: 'connected',
    watch: 'connected',
    blocked: [],
    probe: null,
    heldBack: [],
    openings: [],
    refused: { at: '2024-07-27T02:59:00.000Z', sources: [], total: { sources: 0, isFull: false, unlistedPackets: 0 } },
    flags: [],
    fleet: { version: 0, publishedAt: null, verdicts: 0, seen: 0, lastTallyAt: null },
    lastReportAt: '2024-07-27T02:59:00.000Z',
    host: null,
    ...fields,
  }
}
