/** An edge on which people get things wrong, and what must hold on it meanwhile. */
import { expect } from 'vitest'
import { formatAllowDocument } from '../../rules/revisions/format-allow-document.ts'
import { settle } from '../fakes/fake-time.ts'
import { type AgentLab, type AgentLabOptions, createAgentLab, LAB_START_MS } from './agent-lab.ts'
import { anEntry, aRevision, someHosts } from './allow-lists.ts'

export const HOSPITAL = '20.0.0.1'
export const ADMIN = '198.18.5.7'
export const STRANGER = '20.9.9.9'
export const PROBER = '20.0.3.1'
export const MINUTE_MS = 60_000
export const YEAR_MS = 365 * 24 * 3_600_000

/** Four provinces of twenty units each, the last with IPv6 alone; the hospital and the prober are among them. */
export const ENTRIES = [
  ...someHosts(20, 1).map((host) => anEntry(host, { province: '01' })),
  ...someHosts(20, 0x100).map((host) => anEntry(host, { province: '24' })),
  ...someHosts(20, 0x300).map((host) => anEntry(host, { province: '79' })),
  ...Array.from({ length: 20 }, (_, i) => anEntry(`2400:1::${(i + 1).toString(16)}`, { province: '92' })),
]
export const without = (province: string) => ENTRIES.filter(({ owners }) => owners.every((owner) => owner.province !== province))

export type Fields = Parameters<typeof aRevision>[0]

export function aList(revision: number, fields: Fields = {}): Buffer {
  const publishedAt = new Date(LAB_START_MS - 3_600_000).toISOString()
  return Buffer.from(formatAllowDocument(aRevision({ revision, publishedAt, entries: ENTRIES, ...fields })))
}

/** The text of the next good list, changed by hand. */
export function edited(change: (text: string) => string): Buffer {
  return Buffer.from(change(aList(413).toString('utf8')))
}

/** A lab whose agent enforces revision 412 and pulls twice a minute. */
export async function aLab({ config, ...options }: AgentLabOptions = {}): Promise<AgentLab> {
  const lab = createAgentLab({
    ...options,
    config: { pull: { schedule: '*/30 * * * * *', jitterMs: 0 }, ...config },
  })
  lab.source.publish(412, aList(412))
  await lab.start()
  expect(lab.firewall.program?.revision).toBe(412)
  return lab
}

/** Codes of the faults that hold, each once: two areas may suffer from one mistake. */
export const codesOf = (lab: AgentLab): string[] => [...new Set(lab.agent.status().faults.map(({ code }) => code))]

/** The stream names a revision at once, and the schedule asks again before a minute is over. */
export async function aMinute(lab: AgentLab): Promise<void> {
  lab.client.say('event: revision\ndata: {"revision":413}\n\n')
  await settle()
  await lab.time.advance(MINUTE_MS)
}

/** Approved and management pass, strangers do not; asked of the kernel and not of the agent. */
export function expectRight(lab: AgentLab): void {
  const pass = [HOSPITAL, ADMIN, STRANGER].map((address) => lab.firewall.wouldPass(address, 443))
  expect(pass).toEqual([true, true, false])
}
