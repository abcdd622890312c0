import { describe, expect, it } from 'vitest'
import { type SourceFile, sourcesBelow } from './source-files.ts'

const PRODUCT = sourcesBelow('rules', 'agent', 'control-api')

/** Packages a part may import besides its own files and those of `parts`. */
const MAY_IMPORT: Readonly<Record<string, { parts: readonly string[]; packages: readonly string[] | 'any' }>> = {
  rules: {
    parts: ['rules'],
    packages: [
      'typebox',
      'typebox/value',
      'typebox/compile',
      'typebox/format',
      'typebox/system',
      'ipaddr.js',
      'yaml',
      'node:crypto',
    ],
  },
  agent: { parts: ['rules', 'agent'], packages: 'any' },
  'control-api': { parts: ['rules', 'control-api'], packages: 'any' },
}

describe('who may import whom', () => {
  it('finds the sources it judges', () => {
    expect(PRODUCT.length).toBeGreaterThan(20)
  })

  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (part, allowed) => {
    const wrong = PRODUCT.filter((source) => source.path.startsWith(`${part}/`)).flatMap((source) =>
      source.imports.filter((name) => !isAllowed(name, allowed)).map((name) => `${source.path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('starts programs in one file only: agent/process/run-program.ts', () => {
    const starters = PRODUCT.filter((source) => source.imports.some((name) => ['execa', 'node:child_process'].includes(name)))
    expect(starters.map((source) => source.path)).toEqual(['agent/process/run-program.ts'])
  })

  it('starts programs in tests only from test/support and in benches from one file', () => {
    const starters = sourcesBelow('test', 'bench').filter((source) =>
      source.imports.some((name) => ['execa', 'node:child_process'].includes(name)),
    )
    const wrong = starters.filter((source) => !source.path.startsWith('test/support/')).map((source) => source.path)
    expect(wrong).toEqual([])
  })
})

describe('rules/ is pure', () => {
  it.each([
    ['a clock', /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bprocess\.hrtime/],
    ['randomness', /\bMath\.random\(|\brandom(?:Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/],
    ['output', /\bconsole\.|\bprocess\.(?:stdout|stderr|env|argv)\b/],
    ['a timer', /\bset(?:Timeout|Interval|Immediate)\(/],
  ])('it holds no %s', (_what, pattern) => {
    const wrong = PRODUCT.filter((source) => source.path.startsWith('rules/') && pattern.test(withoutComments(source)))
    expect(wrong.map((source) => source.path)).toEqual([])
  })
})

function isAllowed(name: string, allowed: { parts: readonly string[]; packages: readonly string[] | 'any' }): boolean {
  const isFile = name.endsWith('.ts') || name.endsWith('.json')
  if (isFile) return allowed.parts.some((part) => name.startsWith(`${part}/`))
  return allowed.packages === 'any' || allowed.packages.includes(name)
}

function withoutComments(source: SourceFile): string {
  return source.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
