import t from 'tap'
import { AddressError, type AddressErrorCode } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { bitsOf } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import { addressText, PARSER_DIFFERENTIALS } from '../support/address-texts.ts'
import { canMakeNetworks, createTestNetwork, type TestNamespace } from '../support/netns.ts'
import { createSeeded } from '../support/seeded.ts'

const TEXTS = 120_000
const REFUSED_SAMPLE = 200

/**
 * What nft 1.0.6 makes of texts that we refuse, read back from the kernel. Each is a way to open something else than what a person meant.
 * `set` is where nft takes it: hosts in `h4` and `h6`, the rest in the interval sets `p4` and `p6`.
 */
const NFT_READS: readonly (readonly [text: string, set: string, held: readonly string[], code: AddressErrorCode])[] = [
  ['1.2.3.4/024', 'p4', ['1.2.0.0/20'], 'LENGTH_LEADING_ZERO'],
  ['2001:db8::/064', 'p6', ['2001:db8::/52'], 'LENGTH_LEADING_ZERO'],
  ['010.0.0.1', 'h4', ['8.0.0.1'], 'LEADING_ZERO'],
  ['10.1.2.3/8', 'p4', ['10.0.0.0/8'], 'HOST_BITS'],
  ['134744072', 'h4', ['8.8.8.8'], 'BARE_INTEGER'],
  ['localhost', 'h4', ['127.0.0.1'], 'HOST_NAME'],
  ['1.2.3.4, 5.6.7.8', 'h4', ['1.2.3.4', '5.6.7.8'], 'LIST'],
  ['1.2.3.4,5.6.7.8', 'h4', ['1.2.3.4', '5.6.7.8'], 'LIST'],
  ['1.2.3.4-1.2.3.9', 'p4', ['1.2.3.4-1.2.3.9'], 'RANGE'],
  [' 1.2.3.4', 'h4', ['1.2.3.4'], 'WHITESPACE'],
  ['1.2.3.4 ', 'h4', ['1.2.3.4'], 'WHITESPACE'],
  ['"1.2.3.4"', 'h4', ['1.2.3.4'], 'BAD_CHARACTER'],
  ['::10.0.0.1', 'h6', ['::a00:1'], 'EMBEDDED_IPV4'],
  ['::ffff:10.0.0.1', 'h6', ['::ffff:a00:1'], 'EMBEDDED_IPV4'],
]

const EMPTY_TABLE = `add table inet edgetest
delete table inet edgetest
add table inet edgetest
add set inet edgetest h4 { type ipv4_addr; }
add set inet edgetest h6 { type ipv6_addr; }
add set inet edgetest p4 { type ipv4_addr; flags interval; }
add set inet edgetest p6 { type ipv6_addr; flags interval; }
`

if (!canMakeNetworks()) {
  t.plan(0, 'needs root and ip(8)')
} else {
  await t.test(`of ${TEXTS} seeded texts, the kernel reads every one that we take as we do`, async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    const random = createSeeded(20240727)
    const taken = new Map<Block, string>()
    const refused = new Map<string, AddressErrorCode>()
    for (let i = 0; i < TEXTS; i += 1) {
      const text = addressText(random)
      const result = judge(text)
      if (typeof result === 'string') taken.set(result as Block, text)
      else refused.set(text, result.code)
    }
    t.ok(taken.size > 30_000, `${taken.size} different blocks were taken`)
    t.ok(refused.size > 30_000, `${refused.size} different texts were refused`)
    const unmentioned = PARSER_DIFFERENTIALS.map(([text]) => text).filter((text) => !refused.has(text))
    t.same(unmentioned, [], 'every known parser differential came up and was refused')

    t.same(missingFrom(await readBack(network.edge, taken, (block) => block), taken), [], 'the canonical text')
    t.same(missingFrom(await readBack(network.edge, taken, (_, text) => text), taken), [], 'the text as it was written')

    const strange = await takenByNft(network.edge, sampleOf(refused))
    const known = new Set<AddressErrorCode>([
      ...NFT_READS.map(([, , , code]) => code),
      'LENGTH_NETMASK',
      'BRACKETS',
      'CONTROL_CHARACTER',
      'HEXADECIMAL',
      'OCTET_COUNT',
    ])
    t.same(
      strange.filter(([, code]) => !known.has(code)),
      [],
      `${strange.length} of ${REFUSED_SAMPLE} refused texts nft would take, all of known kinds`,
    )
  })

  await t.test('what nft takes for something else is refused', async (t) => {
    await using network = await createTestNetwork({ clients: {} })
    for (const [text, set, held, code] of NFT_READS) {
      await load(network.edge, `${EMPTY_TABLE}add element inet edgetest ${set} { ${text} }\n`)
      t.same(await elementsOf(network.edge, set), held, `${JSON.stringify(text)} is ${held.join(' and ')} to nft`)
      const result = judge(text)
      t.equal(typeof result === 'string' ? result : result.code, code, `and ${code} to us`)
    }
  })
}

function judge(text: string): Block | { readonly code: AddressErrorCode } {
  try {
    return parseBlock(text)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    return { code: error.code }
  }
}

/** Loads every block, spelt by `spell`, in one transaction and gives what the kernel holds. Blocks of one length cannot overlap, so each length has its set. */
async function readBack(
  edge: TestNamespace,
  taken: ReadonlyMap<Block, string>,
  spell: (block: Block, text: string) => string,
): Promise<Set<string>> {
  const sets = new Map<string, string[]>()
  for (const [block, text] of taken) {
    const { family, length } = bitsOf(block)
    const name = `l${family}_${length}`
    const elements = sets.get(name) ?? []
    elements.push(spell(block, text))
    sets.set(name, elements)
  }
  const commands = [...sets].map(([name, elements]) => {
    const type = name.startsWith('l4') ? 'ipv4_addr' : 'ipv6_addr'
    // A host may be written with its length; only an interval set takes that.
    const flags = elements.some((element) => element.includes('/')) ? ' flags interval;' : ''
    return `add set inet edgetest ${name} { type ${type};${flags} }\nadd element inet edgetest ${name} { ${elements.join(',\n')} }\n`
  })
  await load(edge, EMPTY_TABLE + commands.join(''))
  const listed = JSON.parse((await edge.mustRun('nft', ['-j', 'list', 'table', 'inet', 'edgetest'])).stdout) as Listing
  return new Set(listed.nftables.flatMap(({ set }) => (set?.elem ?? []).map(textOf)))
}

function missingFrom(held: ReadonlySet<string>, taken: ReadonlyMap<Block, string>): string[] {
  const different = [...taken].filter(([block]) => !held.has(block)).map(([block, text]) => `${JSON.stringify(text)} as ${block}`)
  return held.size === taken.size
    ? different.slice(0, 20)
    : [`${held.size} elements for ${taken.size} blocks`, ...different.slice(0, 20)]
}

async function load(edge: TestNamespace, commands: string): Promise<void> {
  await edge.mustRun('nft', ['-f', '-'], { input: commands })
}

async function elementsOf(edge: TestNamespace, set: string): Promise<string[]> {
  const listed = JSON.parse((await edge.mustRun('nft', ['-j', 'list', 'set', 'inet', 'edgetest', set])).stdout) as Listing
  return listed.nftables.flatMap((part) => (part.set?.elem ?? []).map(textOf))
}

/** Those that `nft --check` would take in any of the sets. */
async function takenByNft(
  edge: TestNamespace,
  sample: readonly (readonly [string, AddressErrorCode])[],
): Promise<(readonly [string, AddressErrorCode])[]> {
  await load(edge, EMPTY_TABLE)
  const strange: (readonly [string, AddressErrorCode])[] = []
  for (const [text, code] of sample) {
    const set = text.includes(':') ? 'p6' : 'p4'
    const { exitCode } = await edge.run('nft', ['--check', '-f', '-'], {
      input: `add element inet edgetest ${set} { ${text} }\n`,
    })
    if (exitCode === 0) strange.push([text, code])
  }
  return strange
}

function sampleOf(refused: ReadonlyMap<string, AddressErrorCode>): (readonly [string, AddressErrorCode])[] {
  const all = [...refused]
  const step = Math.floor(all.length / REFUSED_SAMPLE)
  return all.filter((_, i) => i % step === 0).slice(0, REFUSED_SAMPLE)
}

interface Listing {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly Element[] } }[]
}
type Element =
  | string
  | { readonly prefix: { readonly addr: string; readonly len: number } }
  | { readonly range: readonly [string, string] }

/** An element as text, its address written by the URL standard's own reader and writer: another hand than ours, and nft prints some with a dotted tail. */
function textOf(element: Element): string {
  if (typeof element === 'string') return addressOf(element)
  if ('prefix' in element) return `${addressOf(element.prefix.addr)}/${element.prefix.len}`
  return element.range.map(addressOf).join('-')
}

function addressOf(text: string): string {
  return new URL(text.includes(':') ? `http://[${text}]` : `http://${text}`).hostname.replace(/^\[|\]$/g, '')
}
