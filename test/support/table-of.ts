import type { TestNamespace } from './netns.ts'

/** Our whole table, parts and elements in one order, without what differs between two tables that judge alike. */
export async function tableOf(edge: TestNamespace): Promise<string> {
  const { stdout } = await edge.mustRun('nft', ['-j', '-s', 'list', 'table', 'inet', 'edgeward'])
  const { nftables } = JSON.parse(stdout) as { nftables: unknown[] }
  const withoutHandles = (key: string, value: unknown): unknown => {
    if (key === 'handle' || key === 'expires') return undefined
    return key === 'elem' && Array.isArray(value) ? value.map((one) => JSON.stringify(one, withoutHandles)).sort() : value
  }
  return nftables
    .map((one) => JSON.stringify(one, withoutHandles))
    .sort()
    .join('\n')
}
