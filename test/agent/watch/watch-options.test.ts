import { describe, expect, it } from 'vitest'
import { parseAgentConfig } from '../../../agent/config/agent-config.ts'
import { ConfigError } from '../../../rules/config/config-error.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'

const SERVICE = 'name: edge-1\ncontrol: {url: "https://control.example"}\nmanagement: {prefixes: none}\n'

function faultsOf(text: string): string[] {
  try {
    parseAgentConfig(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path} ${message}`)
    throw error
  }
  return []
}

describe('the options of watch', () => {
  it('all have a value where the file is silent', () => {
    expect(parseAgentConfig(SERVICE).watch).toEqual({
      logs: [],
      syslog: [],
      from: 'beginning',
      socket: '/run/edgeward-watch/watch.sock',
      stateDir: '/var/lib/edgeward-watch',
      maxAccounts: 200_000,
      registrationsFile: '',
      tallies: { keyFile: '', everyS: 30, tellFacility: true },
      policy: DEFAULT_DETECT_POLICY,
    })
  })

  it('are refused by path, the policy among them', () => {
    const limit = '{window: 1h, lookups: 5, atLeast: 5, perDailyVisit: 0, atMost: 4}'
    const watch = `watch:\n  logs: [{path: a.log, format: combined}, {path: a.log, format: csv}]\n  policy: {absolute: {mode: maybe}}\n`
    expect(faultsOf(SERVICE + watch)).toEqual([
      'watch.logs.1.format must be "nginx-json" or "combined" or "haproxy" or "template", is "csv"',
      'watch.policy.absolute.mode must be "off" or "shadow" or "observe" or "enforce", is "maybe"',
    ])
    const own = `watch:
  logs:
    - {path: /a, format: template}
    - {path: /b, format: template, template: '$remote_addr $msec $request $status'}
    - {path: /c, format: combined, template: x, haproxyOffset: Z}
    - {path: /d, format: haproxy, haproxyOffset: '7'}
    - {path: /e, format: template, template: '$remote_addr $msec "$request"'}
    - {path: /f, format: haproxy, haproxyOffset: '-03:30'}
`
    expect(faultsOf(SERVICE + own)).toEqual([
      'watch.logs.0.template is needed for the format template',
      'watch.logs.1.template Cannot use the log template: column 20: a client chooses $request and could forge what follows it; put it into quotes: "$request"',
      'watch.logs.2.template goes with the format template only',
      'watch.logs.2.haproxyOffset goes with the format haproxy only',
      'watch.logs.3.haproxyOffset must be an offset such as +07:00 or Z, is "7"',
    ])
    const sockets = `watch:
  syslog:
    - {socket: a.sock, format: combined, mode: '0800'}
    - {socket: /b, format: combined}
    - {socket: /b, format: template}
`
    expect(faultsOf(SERVICE + sockets)).toEqual([expect.stringContaining('watch.syslog.0.mode')])
    expect(faultsOf(SERVICE + sockets.replace(", mode: '0800'", ''))).toEqual([
      'watch.syslog.0.socket must be an absolute path, is "a.sock"',
      'watch.syslog.2.template is needed for the format template',
      'watch.syslog.2.socket "/b" is listened on already',
    ])
    const twice = `watch:\n  logs: [{path: a.log, format: combined}, {path: a.log, format: combined}]\n  policy: {absolute: {limits: [${limit}]}}\n`
    expect(faultsOf(SERVICE + twice)).toEqual([
      'watch.logs.0.path must be an absolute path, is "a.log"',
      'watch.logs.1.path must be an absolute path, is "a.log"',
      'watch.logs.1.path "a.log" is followed already',
      'watch.policy.absolute.limits.0.atMost must be 5 (atLeast) or more, is 4',
    ])
  })
})
