import { createNftBatchWriter, type NftBatch } from './nft-messages.ts'

/** A table that only a listener's own sign of life names; it never stands in the ruleset. */
export const SIGN_TABLE = 'inet edgeward_sign'

/** A sign of life for whoever listens: a table that comes and goes within one transaction. Nobody ever sees it, but the kernel tells of it. */
export function compileNftSign(): string {
  return `add table ${SIGN_TABLE}\ndelete table ${SIGN_TABLE}\n`
}

/** The same as the messages that nft would make of it. */
export function compileNftSignBatch(): NftBatch {
  const [, name = ''] = SIGN_TABLE.split(' ')
  const writer = createNftBatchWriter()
  writer.addTable(name)
  writer.deleteTable(name)
  return writer.finish()
}
