import type { Torture } from './torture.ts'

/** Each is loaded when it is asked for. One line each, in the order in which they run. */
export const TORTURES: Readonly<Record<string, () => Promise<Torture>>> = {
  packets: async () => (await import('./packets.ts')).PACKETS,
  model: async () => (await import('./model.ts')).MODEL,
  kills: async () => (await import('./kills.ts')).KILLS,
  storage: async () => (await import('./storage.ts')).STORAGE,
  lines: async () => (await import('./lines.ts')).LINES,
  rotations: async () => (await import('./rotations.ts')).ROTATIONS,
  'nft-faults': async () => (await import('./nft-faults.ts')).NFT_FAULTS,
}
