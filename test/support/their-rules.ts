import type { FirewallBackend } from './firewall-backends.ts'
import type { TestNamespace } from './netns.ts'
import { isInstalled } from './surroundings.ts'

/** Every rule of the namespace that is not ours, as text, without counters. Empty chains and tables that iptables leaves behind say nothing. */
export async function theirRules(edge: TestNamespace, backend: FirewallBackend): Promise<string> {
  const listed = (await edge.mustRun('nft', ['--stateless', 'list', 'ruleset', 'inet'])).stdout
  const tables = listed.split(/^(?=table )/m).filter((table) => table !== '' && !table.startsWith('table inet edgeward '))
  // Reading with the older iptables makes its tables, so only where they are there anyhow.
  const variants = backend.name.endsWith('legacy') ? ['nft', 'legacy'] : ['nft']
  const saved: string[] = []
  if (isInstalled('iptables-nft-save'))
    for (const variant of variants)
      for (const ip of ['ip', 'ip6']) {
        const { stdout } = await edge.mustRun(`${ip}tables-${variant}-save`, [])
        const lines = stdout.split('\n').filter((line) => /^[-:]/.test(line) && !/EDGEWARD/.test(line))
        const known = lines.map((line) => line.replace(/ \[\d+:\d+\]$/, '')).filter((line) => !/^:\S+ ACCEPT$/.test(line))
        saved.push(`# ${ip} ${variant}`, ...known)
      }
  return [...tables, ...saved].join('\n')
}
