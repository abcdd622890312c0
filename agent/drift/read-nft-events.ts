import type { TouchedHost } from '../../rules/firewall/compile-nft-hosts.ts'
import { SIGN_TABLE } from '../../rules/firewall/compile-nft-sign.ts'
import { NFT_TABLE } from '../../rules/firewall/nft-layout.ts'
import { type KernelEvents, printable } from './read-kernel-events.ts'
import { createTouches } from './touches.ts'

const NF_TABLES = 10
const HEAD_BYTES = 20
const INET = 1
const NEW_GENERATION = 15
const TABLE = 1
const GENERATION = { PID: 2, NAME: 3 } as const
const NONE = 0
const ELEMENT_LIST = 3
const ELEMENT_KEY = 1
const DATA_VALUE = 1
/** So many are put right one by one. */
const MAX_HOSTS = 500
const [, OURS = ''] = NFT_TABLE.split(' ')
const [, SIGN = ''] = SIGN_TABLE.split(' ')

/** `enum nf_tables_msg_types`, with the attribute that holds the name; every other object is one of its own to us. */
const MESSAGES: Readonly<Record<number, readonly [verb: string, object: string, nameAttribute: number]>> = {
  0: ['add', 'table', NONE],
  2: ['delete', 'table', NONE],
  3: ['add', 'chain', 3],
  5: ['delete', 'chain', 3],
  6: ['add', 'rule', 2],
  8: ['delete', 'rule', 2],
  9: ['add', 'set', 2],
  11: ['delete', 'set', 2],
  12: ['add', 'element', 2],
  14: ['delete', 'element', 2],
  18: ['add', 'object', 2],
  20: ['delete', 'object', 2],
  22: ['add', 'flowtable', 2],
  24: ['delete', 'flowtable', 2],
  26: ['delete', 'table', NONE],
  27: ['delete', 'chain', 3],
  28: ['delete', 'rule', 2],
  29: ['delete', 'set', 2],
  30: ['delete', 'element', 2],
  31: ['delete', 'object', 2],
  32: ['delete', 'flowtable', 2],
}

/**
 * Reads what the kernel tells on `NFNLGRP_NFTABLES` (`linux/netfilter/nf_tables.h`), some whole messages at a time. What happened comes before the message that says
 * who did it; `port` is the number of his socket.
 */
export function createNftEventReader(events: KernelEvents): (bytes: Buffer) => void {
  const touches = createTouches()
  let hosts: TouchedHost[] = []
  let areMany = false
  let isSign = false

  const takeHosts = (bytes: Buffer, at: number, end: number, set: 'host4' | 'host6', isThere: boolean): void => {
    if (areMany) return
    for (const key of keysOf(bytes, at, end)) hosts.push({ set, key, isThere })
    areMany = hosts.length > MAX_HOSTS
  }

  const takeGeneration = (bytes: Buffer, at: number, end: number): void => {
    const pidAt = findAttribute(bytes, at, end, GENERATION.PID)
    const process = {
      pid: pidAt === undefined ? 0 : bytes.readUInt32BE(pidAt),
      name: printable(textOf(bytes, at, end, GENERATION.NAME)),
    }
    const port = bytes.readUInt32LE(at + 12)
    const touched = touches.take()
    if (isSign) events.onSign(process)
    else events.onChange({ process, touches: touched, hosts: areMany ? 'many' : hosts }, port)
    hosts = []
    areMany = false
    isSign = false
  }

  const take = (bytes: Buffer, at: number, end: number): void => {
    const type = bytes.readUInt16LE(at + 4)
    if (type >> 8 !== NF_TABLES) return
    if ((type & 0xff) === NEW_GENERATION) takeGeneration(bytes, at, end)
    const [verb, object, nameAttribute] = MESSAGES[type & 0xff] ?? []
    if (verb === undefined || object === undefined || nameAttribute === undefined || bytes[at + 16] !== INET) return
    const table = textOf(bytes, at, end, TABLE)
    if (table === SIGN) isSign = true
    if (table !== OURS) return
    const name = nameAttribute === NONE ? '' : textOf(bytes, at, end, nameAttribute)
    touches.add(verb, object, name)
    if (object === 'element' && (name === 'host4' || name === 'host6')) takeHosts(bytes, at, end, name, verb === 'add')
  }

  return (bytes) => {
    for (let at = 0; at + HEAD_BYTES <= bytes.length; ) {
      const length = bytes.readUInt32LE(at)
      if (length < HEAD_BYTES || at + length > bytes.length) return
      take(bytes, at, at + length)
      at += align(length)
    }
  }
}

/** Where the value of an attribute of the message begins. */
function findAttribute(bytes: Buffer, message: number, end: number, wanted: number): number | undefined {
  return findIn(bytes, message + HEAD_BYTES, end, wanted)
}

/** The same among attributes that stand in another from `from` to `end`. */
function findIn(bytes: Buffer, from: number, end: number, wanted: number): number | undefined {
  for (let at = from; at + 4 <= end; at += Math.max(4, align(bytes.readUInt16LE(at))))
    if ((bytes.readUInt16LE(at + 2) & 0x3fff) === wanted) return at + 4
  return undefined
}

/** Where the attribute whose value begins at `start` ends. */
function endOf(bytes: Buffer, start: number, end: number): number {
  return Math.min(end, start - 4 + bytes.readUInt16LE(start - 4))
}

/** The keys of the elements that a message names. */
function* keysOf(bytes: Buffer, message: number, end: number): Generator<Uint8Array> {
  const list = findAttribute(bytes, message, end, ELEMENT_LIST)
  if (list === undefined) return
  const listEnd = endOf(bytes, list, end)
  for (let at = list; at + 4 <= listEnd; at += Math.max(4, align(bytes.readUInt16LE(at)))) {
    const elementEnd = endOf(bytes, at + 4, listEnd)
    const key = findIn(bytes, at + 4, elementEnd, ELEMENT_KEY)
    const value = key && findIn(bytes, key, endOf(bytes, key, elementEnd), DATA_VALUE)
    // A copy: the buffer is read into again.
    if (value !== undefined) yield Uint8Array.from(bytes.subarray(value, endOf(bytes, value, elementEnd)))
  }
}

/** Empty where there is none. */
function textOf(bytes: Buffer, message: number, end: number, wanted: number): string {
  const start = findAttribute(bytes, message, end, wanted)
  if (start === undefined) return ''
  // Its own NUL is part of it.
  const last = Math.min(end, start + bytes.readUInt16LE(start - 4) - 4) - 1
  return bytes.toString('latin1', start, Math.max(start, last))
}

function align(bytes: number): number {
  return (bytes + 3) & ~3
}
