import { Type } from 'typebox'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { ConfigError } from '../../../rules/config/config-error.ts'
import { option, required } from '../../../rules/config/option-table.ts'
import { parseConfig } from '../../../rules/config/parse-config.ts'
import { printConfig } from '../../../rules/config/print-config.ts'

const TABLE = {
  'control.url': required(Type.String({ minLength: 1 }), 'Where the control API answers.'),
  'control.timeoutMs': option(Type.Integer({ minimum: 1 }), 5000, 'Longest wait for an answer.'),
  mode: option(Type.Union([Type.Literal('observe'), Type.Literal('enforce')]), 'observe', 'What happens to strangers.'),
  logs: option(
    Type.Array(Type.Object({ file: Type.String(), format: Type.String() }, { additionalProperties: false })),
    [],
    'Access logs to follow.',
  ),
}

function faultsOf(text: string): unknown[] {
  try {
    parseConfig(TABLE, text)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ code, path, line, column }) => [code, path, line, column])
  }
  return []
}

describe('parseConfig', () => {
  it('gives the named values and the fallbacks of the rest', () => {
    const config = parseConfig(TABLE, 'control:\n  url: https://control.example\nlogs:\n  - {file: a.log, format: combined}\n')
    expect(config).toEqual({
      control: { url: 'https://control.example', timeoutMs: 5000 },
      mode: 'observe',
      logs: [{ file: 'a.log', format: 'combined' }],
    })
    expectTypeOf(config.control.timeoutMs).toEqualTypeOf<number>()
    expectTypeOf(config.mode).toEqualTypeOf<'observe' | 'enforce'>()
  })

  it('names all faults at once by path, line and column', () => {
    const text = 'control:\n  timeoutMs: soon\n  retries: 3\nmode: strict\nlogs:\n  - file: a.log\n    formt: x\nextra: {a: 1}\n'
    expect(faultsOf(text)).toEqual([
      ['MISSING', 'control.url', 2, 3],
      ['WRONG_VALUE', 'control.timeoutMs', 2, 14],
      ['UNKNOWN_KEY', 'control.retries', 3, 12],
      ['WRONG_VALUE', 'mode', 4, 7],
      ['WRONG_VALUE', 'logs.0.format', 6, 5],
      ['WRONG_VALUE', 'logs.0.formt', 7, 12],
      ['UNKNOWN_KEY', 'extra', 8, 8],
    ])
  })

  it.each([
    ['a: [1', [['NOT_YAML', '', 1, 6]], 'broken flow list'],
    ['control: {url: x}\ncontrol: {url: y}\n', [['NOT_YAML', '', 2, 1]], 'a key twice'],
    ['mode: !!js/function x\ncontrol: {url: x}\n', [['NOT_YAML', '', 1, 7]], 'a tag that would build things'],
    [
      '- a\n',
      [
        ['WRONG_VALUE', '', 1, 1],
        ['MISSING', 'control.url', 1, 1],
      ],
      'a list instead of options',
    ],
    [
      'control: 3\n',
      [
        ['WRONG_VALUE', 'control', 1, 10],
        ['MISSING', 'control.url', 1, 10],
      ],
      'a value instead of options',
    ],
    ['', [['MISSING', 'control.url', 1, 1]], 'an empty file'],
  ])('refuses %j', (text, faults) => {
    expect(faultsOf(text)).toEqual(faults)
  })

  it('asks the program’s own check only when every value fits', () => {
    const check = () => [{ path: 'control.timeoutMs', message: 'is longer than the pass' }]
    expect(() => parseConfig(TABLE, 'control: {url: x, timeoutMs: 9}\n', check)).toThrow(
      '1:30 control.timeoutMs: is longer than the pass',
    )
    expect(() => parseConfig(TABLE, 'mode: 3\n', check)).toThrow('control.url: must be named')
  })

  it('quotes a short wrong value and names the choices', () => {
    expect(() => parseConfig(TABLE, 'control: {url: x}\nmode: strict\n')).toThrow(
      'mode: must be "observe" or "enforce", is "strict"',
    )
  })
})

describe('printConfig', () => {
  it('prints text that reads back to the same config', () => {
    const config = parseConfig(TABLE, 'control: {url: "https://x"}\nlogs: [{file: a, format: b}]\n')
    const text = printConfig(TABLE, config)
    expect(parseConfig(TABLE, text)).toEqual(config)
    expect(text).toContain('# Longest wait for an answer.\n  timeoutMs: 5000')
  })
})
