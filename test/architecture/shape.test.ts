import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type SourceFile, sourcesBelow } from './source-files.ts'

const PRODUCT = sourcesBelow('rules', 'agent', 'control-api')
const ALL = [...PRODUCT, ...sourcesBelow('test', 'bench')]
const MAX_LINES = 400

describe('files', () => {
  it(`are at most ${MAX_LINES} lines, nine in ten at most 200, half at most 100`, () => {
    const sizes = PRODUCT.map((source) => source.lines).sort((a, b) => a - b)
    const share = (part: number) => sizes[Math.floor(sizes.length * part)] ?? 0
    expect(PRODUCT.filter((source) => source.lines > MAX_LINES).map((source) => source.path)).toEqual([])
    expect(share(0.9)).toBeLessThanOrEqual(200)
    expect(share(0.5)).toBeLessThanOrEqual(100)
  })

  it('are named in kebab-case and never index', () => {
    const wrong = ALL.filter(
      (source) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(posix.basename(source.path)) || source.path.endsWith('/index.ts'),
    )
    expect(wrong.map((source) => source.path)).toEqual([])
  })
})

describe('product code', () => {
  it.each<[string, RegExp, (source: SourceFile) => boolean]>([
    ['no module-level let', /^(?:export )?let /m, always],
    ['no process.exit() outside main.ts', /\bprocess\.exit\(/, (source) => !source.path.endsWith('/main.ts')],
    ['no default export', /^export default /m, always],
    ['no shell', /shell:\s*true/, always],
    ['no empty catch', /catch\s*(?:\([^)]*\))?\s*\{\s*\}/, always],
    ['no any', /(?:^|[\w)\]}])\??:\s*any\s*(?:[,;)=\]}]|$)|\bas any\b|<any>/m, always],
    ['no silenced compiler', /@ts-(?:ignore|expect-error|nocheck)/, always],
    ['no left-over work', /\b(?:TODO|FIXME|XXX|not implemented)\b/, always],
    ['no enum, namespace or decorator', /^\s*(?:export )?(?:enum|namespace) |^\s*@[A-Z]\w*\(/m, always],
  ])('%s', (_title, pattern, applies) => {
    expect(PRODUCT.filter((source) => applies(source) && pattern.test(source.text)).map((source) => source.path)).toEqual([])
  })
})

function always(): boolean {
  return true
}
