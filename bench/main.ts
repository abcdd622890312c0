import type { BenchResult } from './bench-result.ts'

/** Each is loaded when it is asked for. */
const BENCHES: Readonly<
  Record<string, { readonly what: string; readonly load: () => Promise<() => Promise<readonly BenchResult[]>> }>
> = {
  apply: {
    what: 'cold load of lists into the kernel against bare nft -f (root; about 3 minutes)',
    load: async () => (await import('./apply.ts')).benchApply,
  },
  'apply-ipset': {
    what: 'the same through ipset and iptables against bare ipset restore (root)',
    load: async () => (await import('./apply-ipset.ts')).benchApplyIpset,
  },
  change: {
    what: 'one host in or out of a loaded list against a bare nft -f (root; about a minute)',
    load: async () => (await import('./change.ts')).benchChange,
  },
  scenarios: {
    what: 'what each attack gets before it is stopped, persons told and not, against the goals (about 10 minutes; goes on where it was interrupted)',
    load: async () => (await import('./scenarios.ts')).benchScenarios,
  },
  country: {
    what: 'honest accounts that are stopped, in a country of 13,000 facilities and around Tết (about 20 minutes; goes on where it was interrupted)',
    load: async () => (await import('./country.ts')).benchCountry,
  },
  idle: {
    what: 'an agent with nothing to do, and how long rules stay wrong that others changed (root; about 2 minutes)',
    load: async () => (await import('./idle.ts')).benchIdle,
  },
  'idle-million': {
    what: 'an agent with nothing to do and a million hosts (root; 4 GiB; some minutes until it rests)',
    load: async () => (await import('./idle.ts')).benchIdleMillion,
  },
  detect: {
    what: 'attributed requests through all windows and rules, and the memory that accounts take',
    load: async () => (await import('./detect.ts')).benchDetect,
  },
  gate: {
    what: 'requests that nginx asks the gate about against the same nginx that asks itself (nginx, wrk; about a minute)',
    load: async () => (await import('./gate.ts')).benchGate,
  },
  ingest: {
    what: 'log lines through parser and detection against mawk',
    load: async () => (await import('./ingest.ts')).benchIngest,
  },
  'watch-memory': {
    what: 'what the whole watch takes with 200,000 named users, as its unit starts it',
    load: async () => (await import('./watch-memory.ts')).benchWatchMemory,
  },
}

const USAGE = `Usage: npm run bench -- [name…]

${Object.entries(BENCHES)
  .map(([name, { what }]) => `  ${name.padEnd(12)} ${what}`)
  .join('\n')}

Without a name all run. A JSON line per figure on standard output: ours, the machine's own limit in the same run, and their ratio.
`

/** Runs the benchmarks named; all where none is. */
async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name))
  if (unknown.length > 0) {
    process.stderr.write(`bench: no benchmark ${unknown.map((name) => JSON.stringify(name)).join(', ')}\n\n${USAGE}`)
    return 2
  }
  for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
    const run = await BENCHES[name]?.load()
    for (const result of (await run?.()) ?? []) process.stdout.write(`${JSON.stringify(result)}\n`)
  }
  return 0
}

process.exitCode = await main(process.argv.slice(2))
