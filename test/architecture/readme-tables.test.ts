import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { filesBelow, ROOT, sourcesBelow } from './source-files.ts'

const TABLE = /^export const ([A-Z_]+_ERRORS)\b/m
const withTable = sourcesBelow('rules', 'agent', 'control-api').filter((source) => TABLE.test(source.text))

describe('error codes', () => {
  it('finds the tables it judges', () => {
    expect(withTable.length).toBeGreaterThan(4)
  })

  it.each(withTable.map((source) => [source.path]))('%s is explained in a README of its part, word for word', async (path) => {
    const part = path.split('/')[0] ?? ''
    const readmes = filesBelow([part], ['README.md']).map((file) => readFileSync(join(ROOT, file), 'utf8'))
    // Two areas may use one code, each with a meaning of its own.
    const rows = readmes.flatMap((text) => [...text.matchAll(/^\| `([A-Z0-9_]+)` \|(.*)\|\s*$/gm)])
    const isTold = (code: string, meaning: string) => rows.some((row) => row[1] === code && row[2]?.includes(meaning))
    const module = (await import(pathToFileURL(join(ROOT, path)).href)) as Record<string, unknown>
    const tables = Object.entries(module).filter(([name]) => /^[A-Z_]+_ERRORS$/.test(name))
    const missing = tables.flatMap(([name, table]) =>
      Object.entries(table as Record<string, unknown>)
        .filter(([code, meaning]) => !isTold(code, wordsOf(meaning)))
        .map(([code, meaning]) => `${name}.${code}: ${wordsOf(meaning)}`),
    )
    expect(missing).toEqual([])
  })
})

/** A table holds the meaning itself, or an object whose `title` is the meaning. */
function wordsOf(meaning: unknown): string {
  if (typeof meaning === 'string') return meaning
  return (meaning as { title: string }).title
}
