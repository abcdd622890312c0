import type { FastifyRequest } from 'fastify'
import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { covers, wordsOf } from '../../rules/addresses/block-bits.ts'
import { textOfWords } from '../../rules/addresses/block-words.ts'
import { cutWords } from '../../rules/addresses/cut-words.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'

/** One subscriber of IPv6 has at least this much. RFC 6177 */
const V6_LENGTH = 64

/**
 * Where a request comes from, for limits: the peer, or what listed proxies say of theirs. Of X-Forwarded-For only what a listed proxy wrote counts,
 * read from the right.
 */
export function clientSource({ socket, headers }: FastifyRequest, proxies: readonly Block[]): string {
  const forwarded = headers['x-forwarded-for']
  return sourceOf(socket.remoteAddress ?? '', Array.isArray(forwarded) ? forwarded.join() : forwarded, proxies)
}

/** The same of what a request says. */
export function sourceOf(peer: string, forwardedFor: string | undefined, proxies: readonly Block[]): string {
  const steps = [...(forwardedFor?.split(',').map((step) => step.trim()) ?? []), peer]
  let source: Block | undefined
  for (const step of steps.reverse()) {
    const address = findBlock(step)
    if (address === undefined) break
    source = address
    if (!proxies.some((proxy) => covers(proxy, address))) break
  }
  if (source === undefined) return 'unknown'
  const words = wordsOf(source)
  return textOfWords(words.family === 6 ? cutWords(words, V6_LENGTH) : words)
}

/** The address or prefix that a text names; `undefined` where it names none. */
export function findBlock(text: string): Block | undefined {
  try {
    return parseBlock(text.replace(/^::ffff:(?=[0-9.]+$)/i, ''))
  } catch (error) {
    if (error instanceof AddressError) return undefined
    throw error
  }
}
