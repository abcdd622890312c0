import { isAbsolute } from 'node:path'
import { type Static, Type } from 'typebox'
import { type ConfigOf, option } from '../../rules/config/option-table.ts'
import type { ConfigFinding } from '../../rules/config/parse-config.ts'
import { checkDetectPolicy, DETECT_OPTIONS, type DetectPolicy } from '../../rules/detect/detect-policy.ts'
import type { LogDialect } from '../../rules/requests/log-format.ts'
import { parseLogTemplate } from '../../rules/requests/log-template.ts'
import { RequestError } from '../../rules/requests/request-error.ts'
import { findOffsetMinutes } from '../../rules/requests/utc-offset.ts'
import { GATE_OPTIONS, gateFindings } from '../gate/gate-options.ts'

const DIALECT = {
  format: Type.Union([Type.Literal('nginx-json'), Type.Literal('combined'), Type.Literal('haproxy'), Type.Literal('template')]),
  /** For the format `template`: what nginx's `log_format` says. */
  template: Type.Optional(Type.String()),
  /** The clock of a HAProxy host; `+07:00` if nobody says. */
  haproxyOffset: Type.Optional(Type.String()),
}
const Log = Type.Object({ path: Type.String({ minLength: 1 }), ...DIALECT }, { additionalProperties: false })
const Socket = Type.Object(
  {
    socket: Type.String({ minLength: 1 }),
    /** Who may send, as chmod(1) takes it; `0660` if nobody says. */
    mode: Type.Optional(Type.String({ pattern: '^0?[0-7]{3}$' })),
    ...DIALECT,
  },
  { additionalProperties: false },
)
/** One unix socket that a proxy sends its log to. */
export type WatchedSocket = Static<typeof Socket>
/** One access log to follow. */
export type WatchedLog = Static<typeof Log>

type PolicyOptions = { [Path in keyof typeof DETECT_OPTIONS as `watch.policy.${Path}`]: (typeof DETECT_OPTIONS)[Path] }

/** The options of `watch` and its gate in the config file that it shares with the agent. */
export const WATCH_OPTIONS = {
  'watch.logs': option(
    Type.Array(Log, { maxItems: 64 }),
    [],
    'Access logs to follow, each with `path` (absolute) and `format`: `nginx-json`, `combined`, `haproxy` (with `haproxyOffset`, such as `+07:00`) or `template` (with `template`, as in `log_format` of nginx).',
  ),
  'watch.syslog': option(
    Type.Array(Socket, { maxItems: 16 }),
    [],
    'Unix sockets where proxies send their logs as syslog datagrams, each with `socket` (absolute path), who may send as `mode` (`0660` if nobody says), and `format` as for a file.',
  ),
  'watch.from': option(
    Type.Union([Type.Literal('beginning'), Type.Literal('end')]),
    'beginning',
    'Where to begin in a log that is already there when it is followed for the first time.',
  ),
  'watch.socket': option(
    Type.String({ minLength: 1 }),
    '/run/edgeward-watch/watch.sock',
    'Unix socket where `watch` tells the flagged accounts, its status and metrics (mode 0660); the agent listens there.',
  ),
  'watch.stateDir': option(
    Type.String({ minLength: 1 }),
    '/var/lib/edgeward-watch',
    'Folder of positions in the logs, live flags and the masking key; only `watch` reads it.',
  ),
  'watch.maxAccounts': option(
    Type.Integer({ minimum: 100, maximum: 1_000_000 }),
    200_000,
    'Most accounts counted at a time; the least busy ones make room.',
  ),
  'watch.registrationsFile': option(
    Type.String(),
    '',
    'CSV `facility,address,dailyVisits` that tells how large a facility is; empty: none.',
  ),
  'watch.tallies.keyFile': option(
    Type.String(),
    '',
    'Key that all edges of the portal share and central never has (32 bytes or more, mode 0600): with it counts go to central, without names; empty: none do.',
  ),
  'watch.tallies.everyS': option(Type.Integer({ minimum: 10, maximum: 60 }), 30, 'Seconds between two tallies for central.'),
  'watch.tallies.tellFacility': option(
    Type.Boolean(),
    true,
    'Whether the facility of an account travels beside its token; without it central cannot judge by size, nor count by province.',
  ),
  ...policyOptions(),
  ...GATE_OPTIONS,
} as const

/** What `createWatch` needs: the `watch` part of the config. */
export interface WatchOptions extends Omit<ConfigOf<typeof WATCH_OPTIONS>['watch'], 'policy'> {
  readonly policy: DetectPolicy
}

/** Whether the config gives `watch` anything to do: then one is to run beside the agent. */
export function hasWatch({ watch, gate }: ConfigOf<typeof WATCH_OPTIONS>): boolean {
  return watch.logs.length > 0 || watch.syslog.length > 0 || gate.socket !== ''
}

/** What no single option can show. */
export function watchFindings({ watch, gate }: ConfigOf<typeof WATCH_OPTIONS>): ConfigFinding[] {
  const paths = [
    ...watch.logs.map(({ path }, number) => ({ path: `watch.logs.${number}.path`, value: path })),
    ...watch.syslog.map(({ socket }, number) => ({ path: `watch.syslog.${number}.socket`, value: socket })),
    { path: 'watch.socket', value: watch.socket },
    { path: 'watch.stateDir', value: watch.stateDir },
    ...(watch.tallies.keyFile === '' ? [] : [{ path: 'watch.tallies.keyFile', value: watch.tallies.keyFile }]),
    ...(watch.registrationsFile === '' ? [] : [{ path: 'watch.registrationsFile', value: watch.registrationsFile }]),
  ]
  return [
    ...paths.flatMap(({ path, value }) =>
      isAbsolute(value) ? [] : [{ path, message: `must be an absolute path, is ${JSON.stringify(value)}` }],
    ),
    ...watch.logs.flatMap((log, number) => dialectFindings(log, `watch.logs.${number}`)),
    ...watch.syslog.flatMap((socket, number) => dialectFindings(socket, `watch.syslog.${number}`)),
    ...watch.syslog.flatMap(({ socket }, number) =>
      socketFindings(socket, `watch.syslog.${number}.socket`, watch.syslog, number),
    ),
    ...watch.logs.flatMap(({ path }, number) =>
      watch.logs.findIndex((log) => log.path === path) < number
        ? [{ path: `watch.logs.${number}.path`, message: `${JSON.stringify(path)} is followed already` }]
        : [],
    ),
    ...lengthFindings('watch.socket', watch.socket),
    ...gateFindings({ gate }),
    ...checkDetectPolicy(watch.policy).map(({ path, message }) => ({ path: `watch.policy.${path}`, message })),
  ]
}

type Dialect = Pick<WatchedLog, 'format' | 'template' | 'haproxyOffset'>

function socketFindings(socket: string, path: string, all: readonly WatchedSocket[], number: number): ConfigFinding[] {
  const isTwice = all.findIndex((other) => other.socket === socket) < number
  return [
    ...lengthFindings(path, socket),
    ...(isTwice ? [{ path, message: `${JSON.stringify(socket)} is listened on already` }] : []),
  ]
}

function lengthFindings(path: string, socket: string): ConfigFinding[] {
  // unix(7): a socket's path has at most 107 bytes.
  if (Buffer.byteLength(socket) <= 107) return []
  return [{ path, message: 'is longer than the 107 bytes that a socket path may have' }]
}

/** How a log is written, for its parser. */
export function dialectOf({ format, template, haproxyOffset }: Dialect): LogDialect {
  const haproxyOffsetMinutes = haproxyOffset === undefined ? undefined : findOffsetMinutes(haproxyOffset)
  return {
    format,
    ...(template === undefined ? {} : { template }),
    ...(haproxyOffsetMinutes === undefined ? {} : { haproxyOffsetMinutes }),
  }
}

function dialectFindings({ format, template, haproxyOffset }: Dialect, path: string): ConfigFinding[] {
  const at = (name: string, message: string): ConfigFinding => ({ path: `${path}.${name}`, message })
  const findings: ConfigFinding[] = []
  if (format === 'template' && template === undefined) findings.push(at('template', 'is needed for the format template'))
  if (format !== 'template' && template !== undefined) findings.push(at('template', 'goes with the format template only'))
  if (format === 'template' && template !== undefined)
    findings.push(...templateFaults(template).map((fault) => at('template', fault)))
  if (haproxyOffset !== undefined && format !== 'haproxy') findings.push(at('haproxyOffset', 'goes with the format haproxy only'))
  else if (haproxyOffset !== undefined && findOffsetMinutes(haproxyOffset) === undefined)
    findings.push(at('haproxyOffset', `must be an offset such as +07:00 or Z, is ${JSON.stringify(haproxyOffset)}`))
  return findings
}

function templateFaults(template: string): string[] {
  try {
    parseLogTemplate(template)
    return []
  } catch (error) {
    if (error instanceof RequestError) return [error.message]
    throw error
  }
}

function policyOptions(): PolicyOptions {
  return Object.fromEntries(
    Object.entries(DETECT_OPTIONS).map(([path, known]) => [`watch.policy.${path}`, known]),
  ) as PolicyOptions
}
