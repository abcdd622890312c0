import { createHash } from 'node:crypto'
import { facilitiesChunks, findFacilitiesList } from '../../rules/facilities/facilities-document.ts'
import type { HandOver } from './hand-over.ts'

const NEWLINE = 0x0a

/**
 * Hands over which facilities registered which block, by a list that was verified; true where it differs from what lies there. A revision that only says
 * another date or mode writes nothing.
 * @throws HandOverError
 */
export async function handOverFacilities(handOver: HandOver, list: Uint8Array): Promise<boolean> {
  const bytes = Buffer.from(list.buffer, list.byteOffset, list.byteLength)
  // All but the header; what is read of the lines is ASCII.
  const lines = bytes.subarray(bytes.indexOf(NEWLINE) + 1)
  const hash = createHash('sha256').update(lines).digest('hex')
  const before = await handOver.find('facilities.json')
  if (before !== undefined && findFacilitiesList(before) === hash) return false
  await handOver.put('facilities.json', facilitiesChunks(lines.toString('latin1'), hash))
  return true
}
