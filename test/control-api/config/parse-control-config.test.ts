import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONTROL_OPTIONS } from '../../../control-api/config/options.ts'
import { parseControlConfig } from '../../../control-api/config/parse-control-config.ts'
import { configJsonSchema, optionRows, printConfig } from '../../../rules/config/print-config.ts'
import { schemaFaults } from '../../../rules/config/schema-faults.ts'

describe('parseControlConfig', () => {
  it('gives safe defaults for an empty file', () => {
    const config = parseControlConfig('')
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 8480 })
    expect(config.publication.open).toBe(false)
  })

  it.each([
    ['tls: {certFile: a.pem}', 'tls: certFile and keyFile go together', 'half of a pair'],
    ['publication: {refreshSchedule: daily}', 'publication.refreshSchedule: is not a cron', 'no cron expression'],
    [
      'publication: {timestampHours: 100, snapshotDays: 1}',
      'publication.snapshotDays: must not be shorter',
      'a snapshot that lapses first',
    ],
    ['server: {heartbeatS: 16}', 'server.heartbeatS: must be <= 15', 'a heartbeat that clients take for death'],
    ['server: {prot: 1}', 'server.prot: is not an option', 'a typing mistake'],
  ])('refuses %s', (text, words) => {
    expect(() => parseControlConfig(text)).toThrow(words)
  })

  it('reads back what print-config prints, and its JSON Schema takes it', () => {
    const config = parseControlConfig('server: {port: 9000}\nlog: {level: debug}\n')
    expect(parseControlConfig(printConfig(CONTROL_OPTIONS, config))).toEqual(config)
    const schema = configJsonSchema(CONTROL_OPTIONS, 'control')
    expect(schemaFaults(schema, config)).toEqual([])
    expect(schemaFaults(schema, { server: { prot: 1 } })).toEqual([{ path: '/server/prot', message: 'is not known here' }])
  })

  it('has every option in the README as the table says it', () => {
    const readme = readFileSync(new URL('../../../control-api/README.md', import.meta.url), 'utf8')
    expect(optionRows(CONTROL_OPTIONS).filter((row) => !readme.includes(row))).toEqual([])
  })
})
