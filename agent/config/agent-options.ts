import { Type } from 'typebox'
import { type ConfigOf, option, required } from '../../rules/config/option-table.ts'
import { DEFAULT_REVISION_LIMITS } from '../../rules/revisions/judge-revision.ts'

function oneOf<const T extends string>(...values: readonly T[]) {
  return Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))))
}
const port = Type.Integer({ minimum: 1, maximum: 65_535 })

/** Every option of the agent's service, in the order of the README. `watch` shares the file and adds its own. */
export const SERVICE_OPTIONS = {
  name: required(
    Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }),
    'Name of this edge, a DNS label; central IT sees it in reports.',
  ),
  stateDir: option(
    Type.String({ minLength: 1 }),
    '/var/lib/edgeward-agent',
    'Folder of identity, trust and memory; only the agent reads it.',
  ),
  'control.url': required(Type.String({ minLength: 1 }), 'Where the control API answers, for example `https://control.example`.'),
  'control.caFile': option(Type.String(), '', 'PEM file of the authorities to trust for it; empty: those of the system.'),
  'control.timeoutMs': option(
    Type.Integer({ minimum: 100, maximum: 600_000 }),
    10_000,
    'Longest silence of the control API within one call.',
  ),
  'control.enrolTokenFile': option(
    Type.String(),
    '',
    'File of a one-time token; `run` enrols with it when it has no identity yet.',
  ),
  'pull.schedule': option(Type.String(), '*/5 * * * *', 'When to pull without a nudge: a cron expression in Asia/Ho_Chi_Minh.'),
  'pull.jitterMs': option(
    Type.Integer({ minimum: 0, maximum: 3_600_000 }),
    60_000,
    'Each scheduled pull waits a random part of this, so that edges do not come all at once.',
  ),
  mode: option(
    oneOf('signed', 'observe'),
    'signed',
    '`signed`: the mode that the signed revision names; `observe`: this edge only counts, whatever the revision says.',
  ),
  'firewall.backend': option(
    oneOf('auto', 'nft', 'ipset', 'dry-run'),
    'auto',
    '`auto`: nft where it works, else ipset and iptables, else dry-run, with the reason in the status.',
  ),
  'firewall.tcpPorts': option(Type.Array(port, { maxItems: 64 }), [80, 443], 'TCP ports that the list guards.'),
  'firewall.udpPorts': option(Type.Array(port, { maxItems: 64 }), [443], 'UDP ports that the list guards.'),
  'firewall.hooks': option(
    Type.Array(oneOf('input', 'forward'), { minItems: 1, maxItems: 2, uniqueItems: true }),
    ['input'],
    'Where packets are judged: on the way into this host, through it, or both.',
  ),
  'firewall.interfaces': option(
    Type.Array(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,15}$' }), { maxItems: 64 }),
    [],
    'Interfaces on which packets are judged; empty: all.',
  ),
  'firewall.refuse': option(
    oneOf('reset', 'drop'),
    'reset',
    '`reset` tells a stranger at once; `drop` says nothing, which freezes hospital software for 30–60 s.',
  ),
  'firewall.beforeFirstList': option(
    oneOf('open', 'closed'),
    'open',
    'What holds on a host that never had a list: `open`: no rules; `closed`: only the management prefixes pass.',
  ),
  'management.prefixes': required(
    Type.Union([Type.Array(Type.String(), { minItems: 1, maxItems: 1000 }), Type.Literal('none')]),
    'Blocks of the administrators that no list and no verdict can cut; the word `none` if there are none.',
  ),
  'limits.maxShrinkShare': option(
    Type.Number({ minimum: 0, maximum: 1 }),
    DEFAULT_REVISION_LIMITS.maxShrinkShare,
    'Share of the list that may go at once without a second confirmation.',
  ),
  'limits.minLength4': option(
    Type.Integer({ minimum: 1, maximum: 32 }),
    DEFAULT_REVISION_LIMITS.minLength4,
    'Widest IPv4 prefix that a list may hold, in bits.',
  ),
  'limits.minLength6': option(
    Type.Integer({ minimum: 1, maximum: 128 }),
    DEFAULT_REVISION_LIMITS.minLength6,
    'Widest IPv6 prefix that a list may hold, in bits.',
  ),
  'limits.maxAddresses4': option(
    Type.Integer({ minimum: 1 }),
    DEFAULT_REVISION_LIMITS.maxAddresses4,
    'IPv4 addresses that a list may open in all.',
  ),
  'limits.maxNetworks6': option(
    Type.Integer({ minimum: 1 }),
    DEFAULT_REVISION_LIMITS.maxNetworks6,
    'IPv6 networks (/48) that a list may open in all.',
  ),
  'lockout.sessionPorts': option(
    Type.Array(port, { maxItems: 16 }),
    [22],
    'TCP ports at which administrators log in; where one is guarded, no change cuts who is logged in there.',
  ),
  'lockout.mustPass': option(
    Type.Array(Type.String(), { maxItems: 100 }),
    [],
    'Blocks that must always pass, such as a health prober or a load balancer: a list without them is refused.',
  ),
  'probe.url': option(
    Type.String(),
    '',
    'URL that must answer below status 500 after each new revision, else the edge goes back; best the portal as the load balancer sees it.',
  ),
  'probe.tcp': option(
    Type.String(),
    '',
    '`host:port` that must take a connection as well; with neither, the health check is off.',
  ),
  'probe.source': option(Type.String(), '', 'Address of this host to ask from; empty: the system chooses.'),
  'probe.timeoutMs': option(Type.Integer({ minimum: 100, maximum: 60_000 }), 3000, 'Longest wait for one answer.'),
  'probe.withinS': option(
    Type.Integer({ minimum: 1, maximum: 300 }),
    30,
    'Seconds after a change within which the portal must answer once.',
  ),
  'probe.attempts': option(Type.Integer({ minimum: 1, maximum: 30 }), 3, 'Tries in that time, evenly spread.'),
  'breakGlass.maxHours': option(
    Type.Integer({ minimum: 0, maximum: 24 }),
    8,
    'Longest time that `agent break-glass open` lets a source in; 0 forbids it.',
  ),
  'breakGlass.maxOpen': option(
    Type.Integer({ minimum: 1, maximum: 32 }),
    8,
    'Most sources that may be let in by hand at a time.',
  ),
  'verdicts.action': option(
    oneOf('alert', 'block-source'),
    'alert',
    'What follows a flag that says throttle or suspend: only an alert, or also a block of its sources.',
  ),
  'verdicts.blockForS': option(
    Type.Integer({ minimum: 1, maximum: 604_800 }),
    3600,
    'Longest block that one flag can cause, in seconds.',
  ),
  'verdicts.facilityAddresses': option(
    oneOf('never', 'foreign', 'always'),
    'foreign',
    'Whether an approved address may be blocked: never; only when it is not of the flagged facility; or always.',
  ),
  'verdicts.maxBlocks': option(
    Type.Integer({ minimum: 1, maximum: 10_000 }),
    500,
    'Most sources blocked at a time; more are only alerts.',
  ),
  'verdicts.maxFacilityBlocks': option(
    Type.Integer({ minimum: 0, maximum: 10_000 }),
    20,
    'Of these, most approved addresses: whoever tricks `watch`, which reads hostile input, can cut off no more facilities than that.',
  ),
  'drift.listen': option(
    Type.Boolean(),
    true,
    'Hear of changes of others from the kernel, where no socket can be opened by one `nft monitor` (about 70 MB at 100,000 entries); false: only look.',
  ),
  'drift.lookEveryS': option(
    Type.Integer({ minimum: 1, maximum: 3600 }),
    5,
    'How often to look for changes of others while the kernel does not tell of them.',
  ),
  'proof.everyS': option(
    Type.Integer({ minimum: 0, maximum: 604_800 }),
    3600,
    'How often to read every element back from the kernel; 0: only after the start and where changes may have gone unseen.',
  ),
  'report.everyS': option(
    Type.Integer({ minimum: 10, maximum: 3600 }),
    180,
    'Longest time between two reports to the control API, in seconds.',
  ),
  'gate.dir': option(
    Type.String({ minLength: 1 }),
    '/var/lib/edgeward-gate',
    'Folder in which the agent leaves signed documents and keys for `watch`; where it is not there, nothing is handed over.',
  ),
  'status.socket': option(
    Type.String({ minLength: 1 }),
    '/run/edgeward-agent/agent.sock',
    'Unix socket of status, health and metrics (mode 0660).',
  ),
  'status.listen': option(Type.String(), '', 'Loopback address of the same, for example `127.0.0.1:9440`; empty: none.'),
  'log.level': option(oneOf('debug', 'info', 'warn', 'error'), 'info', 'Least important log lines that are written.'),
} as const

export type ServiceConfig = ConfigOf<typeof SERVICE_OPTIONS>
