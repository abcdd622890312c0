import { createNetlinkWriter, type NetlinkWriter } from './netlink-writer.ts'
import type { ListSet } from './nft-layout.ts'
import type { SayElements } from './write-elements.ts'

/** One transaction as the kernel's nf_tables takes it (`linux/netfilter/nfnetlink.h`, `nf_tables.h`). */
export interface NftBatch {
  /** Taken whole or refused whole. The channel that sends it numbers its messages in place. */
  readonly bytes: Uint8Array
  /** The same without its last message: the kernel judges it and puts nothing in force, as for `nft --check`. */
  readonly judged: Uint8Array
  /** The number of the message that the kernel answers where it took all before it. */
  readonly answered: number
}

/** An element: the first address of a block in network order, and for interval sets the first one behind it. */
export interface NftElement {
  readonly key: Uint8Array
  readonly end?: Uint8Array
  /** Milliseconds. */
  readonly timeoutMs?: number
}

/** Writes the messages of one transaction on the table `edgeward`. */
export interface NftBatchWriter {
  /** Another table than ours. */
  addTable(name: string): void
  deleteTable(name: string): void
  /** Ours, where there is none. */
  addOurTable(): void
  /** Ours, if it is still that very one: the kernel numbers tables and gives no number twice. */
  deleteOurTable(handle: number): void
  /** A set as nft would declare it, under `name`. */
  addSet(set: ListSet, name: string): void
  deleteSet(name: string): void
  /** Elements of a set, as many messages as `write` says. */
  addAll(set: string, write: (writer: NetlinkWriter, say: SayElements) => void): void
  addChain(name: string): void
  deleteChain(name: string): void
  addElements(set: string, elements: readonly NftElement[]): void
  deleteElements(set: string, elements: readonly NftElement[]): void
  flushSet(set: string): void
  flushChain(name: string): void
  /** The one rule of `about`: `return comment "…"`. */
  addComment(chain: string, comment: string): void
  finish(): NftBatch
}

const TABLE = 'edgeward'
const INET = 1
const NF_TABLES = 10
const BATCH_BEGIN = 0x10
const BATCH_END = 0x11
const EMPTY_MESSAGE_BYTES = 20
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const NLM_F_APPEND = 0x800
const NEW_TABLE = message(0)
const DELETE_TABLE = message(2)
const NEW_CHAIN = message(3)
const DELETE_CHAIN = message(5)
const NEW_RULE = message(6)
const DELETE_RULE = message(8)
const NEW_SET = message(9)
const DELETE_SET = message(11)
const NEW_ELEMENT = message(12)
const DELETE_ELEMENT = message(14)
const LIST_ELEMENT = 1
const TABLE_NAME = 1
const TABLE_FLAGS = 2
const TABLE_HANDLE = 4
const SET = { TABLE: 1, NAME: 2, FLAGS: 3, KEY_TYPE: 4, KEY_BYTES: 5, DESCRIPTION: 9, ID: 10, USER_DATA: 13 } as const
const SET_FLAGS = { interval: 4, timeout: 0x10 } as const
const SET_SIZE = 1
/** libnftables' numbers of the types `ipv4_addr` and `ipv6_addr`, by which nft lists them. */
const KEY_TYPE = { 4: 7, 6: 8 } as const
/** As libnftnl keeps the byte order of keys: kind 0, 4 bytes, big-endian. */
const KEYS_ARE_BIG_ENDIAN = Uint8Array.of(0, 4, 2, 0, 0, 0)
const CHAIN = { TABLE: 1, NAME: 3 } as const
const RULE = { TABLE: 1, CHAIN: 2, EXPRESSIONS: 4, USER_DATA: 7 } as const
const ELEMENTS = { TABLE: 1, SET: 2, LIST: 3 } as const
const ELEMENT = { KEY: 1, FLAGS: 3, TIMEOUT: 4 } as const
const ELEMENT_IS_END = 1
const DATA = { VALUE: 1, VERDICT: 2 } as const
const EXPRESSION = { NAME: 1, DATA: 2 } as const
const IMMEDIATE = { REGISTER: 1, DATA: 2 } as const
const VERDICT_CODE = 1
const VERDICT_REGISTER = 0
const VERDICT_RETURN = -5
/** An attribute holds 64 KiB; an element with its end takes 84 bytes at most. */
const ELEMENTS_A_MESSAGE = 500

/** A batch with nothing in it yet, and room for `capacityBytes`; it grows. */
export function createNftBatchWriter(capacityBytes?: number): NftBatchWriter {
  const writer = createNetlinkWriter(capacityBytes)
  let sets = 0
  const say = (type: number, flags: number, body: () => void): void => writer.message(type, { flags, family: INET }, body)
  const chain = (type: number, flags: number, name: string): void =>
    say(type, flags, () => {
      writer.text(CHAIN.TABLE, TABLE)
      writer.text(CHAIN.NAME, name)
    })
  const elements = (type: number, flags: number, set: string, all: readonly NftElement[]): void => {
    for (let from = 0; from < all.length; from += ELEMENTS_A_MESSAGE)
      say(type, flags, () => {
        writer.text(ELEMENTS.TABLE, TABLE)
        writer.text(ELEMENTS.SET, set)
        writer.nest(ELEMENTS.LIST, () => {
          for (const one of all.slice(from, from + ELEMENTS_A_MESSAGE)) writeElement(writer, one)
        })
      })
  }

  writer.message(BATCH_BEGIN, { resource: NF_TABLES })
  return {
    addTable: (name) => say(NEW_TABLE, NLM_F_CREATE, () => writer.text(TABLE_NAME, name)),
    deleteTable: (name) => say(DELETE_TABLE, 0, () => writer.text(TABLE_NAME, name)),
    addOurTable: () =>
      say(NEW_TABLE, NLM_F_CREATE | NLM_F_EXCL, () => {
        writer.text(TABLE_NAME, TABLE)
        writer.u32(TABLE_FLAGS, 0)
      }),
    deleteOurTable: (handle) => say(DELETE_TABLE, 0, () => writer.u64(TABLE_HANDLE, BigInt(handle))),
    addSet({ family, flags, size }, name) {
      sets += 1
      say(NEW_SET, NLM_F_CREATE, () => {
        writer.text(SET.TABLE, TABLE)
        writer.text(SET.NAME, name)
        writer.u32(
          SET.FLAGS,
          flags.reduce((sum, flag) => sum | SET_FLAGS[flag], 0),
        )
        writer.u32(SET.KEY_TYPE, KEY_TYPE[family])
        writer.u32(SET.KEY_BYTES, family === 4 ? 4 : 16)
        writer.u32(SET.ID, sets)
        if (size !== undefined) writer.nest(SET.DESCRIPTION, () => writer.u32(SET_SIZE, size))
        writer.bytes(SET.USER_DATA, KEYS_ARE_BIG_ENDIAN)
      })
    },
    deleteSet: (name) =>
      say(DELETE_SET, 0, () => {
        writer.text(SET.TABLE, TABLE)
        writer.text(SET.NAME, name)
      }),
    addAll: (set, write) =>
      write(writer, (content) =>
        say(NEW_ELEMENT, NLM_F_CREATE, () => {
          writer.text(ELEMENTS.TABLE, TABLE)
          writer.text(ELEMENTS.SET, set)
          writer.nest(ELEMENTS.LIST, content)
        }),
      ),
    addChain: (name) => chain(NEW_CHAIN, NLM_F_CREATE, name),
    deleteChain: (name) => chain(DELETE_CHAIN, 0, name),
    addElements: (set, all) => elements(NEW_ELEMENT, NLM_F_CREATE, set, all),
    deleteElements: (set, all) => elements(DELETE_ELEMENT, 0, set, all),
    flushSet: (set) =>
      say(DELETE_ELEMENT, 0, () => {
        writer.text(ELEMENTS.TABLE, TABLE)
        writer.text(ELEMENTS.SET, set)
      }),
    flushChain: (name) =>
      say(DELETE_RULE, 0, () => {
        writer.text(RULE.TABLE, TABLE)
        writer.text(RULE.CHAIN, name)
      }),
    addComment: (name, comment) =>
      say(NEW_RULE, NLM_F_CREATE | NLM_F_APPEND, () => {
        writer.text(RULE.TABLE, TABLE)
        writer.text(RULE.CHAIN, name)
        writer.nest(RULE.EXPRESSIONS, () => writer.nest(LIST_ELEMENT, () => writeReturn(writer)))
        writer.bytes(RULE.USER_DATA, commentData(comment))
      }),
    finish() {
      writer.askForAnswer()
      const answered = writer.count
      writer.message(BATCH_END, { resource: NF_TABLES })
      const bytes = writer.finish()
      return { bytes, judged: bytes.subarray(0, bytes.length - EMPTY_MESSAGE_BYTES), answered }
    },
  }
}

function message(number: number): number {
  return (NF_TABLES << 8) | number
}

function writeElement(writer: NetlinkWriter, { key, end, timeoutMs }: NftElement): void {
  writer.nest(LIST_ELEMENT, () => {
    writer.nest(ELEMENT.KEY, () => writer.bytes(DATA.VALUE, key))
    if (timeoutMs !== undefined) writer.u64(ELEMENT.TIMEOUT, BigInt(timeoutMs))
  })
  if (end === undefined) return
  writer.nest(LIST_ELEMENT, () => {
    writer.nest(ELEMENT.KEY, () => writer.bytes(DATA.VALUE, end))
    writer.u32(ELEMENT.FLAGS, ELEMENT_IS_END)
  })
}

function writeReturn(writer: NetlinkWriter): void {
  writer.text(EXPRESSION.NAME, 'immediate')
  writer.nest(EXPRESSION.DATA, () => {
    writer.u32(IMMEDIATE.REGISTER, VERDICT_REGISTER)
    writer.nest(IMMEDIATE.DATA, () => writer.nest(DATA.VERDICT, () => writer.u32(VERDICT_CODE, VERDICT_RETURN)))
  })
}

/** As libnftnl keeps a rule's comment: kind 0, length, text with its NUL. */
function commentData(comment: string): Uint8Array {
  const text = new TextEncoder().encode(`${comment}\0`)
  return Uint8Array.from([0, text.length, ...text])
}
