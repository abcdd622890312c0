import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, ROOT, sourcesBelow } from './source-files.ts'

const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  ...filesBelow(['agent', 'control-api', 'rules', 'systemd', 'test', 'bench', 'docs'], ['.md']),
]
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, Record<string, string>>

describe('documents', () => {
  it.each(DOCUMENTS.map((path) => [path]))('%s links only to files that are there', (path) => {
    const text = readFileSync(join(ROOT, path), 'utf8').replace(/```[\s\S]*?```/g, '')
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([])
  })

  it('name every npm script that a reader is told to run', () => {
    const scripts = new Set(Object.keys(manifest.scripts ?? {}))
    const wrong = DOCUMENTS.flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/npm run (?:-s )?([a-z:-]+)/g)]
        .filter((match) => !scripts.has(match[1] ?? ''))
        .map((match) => `${path}: npm run ${match[1]}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('dependencies', () => {
  const named = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  const runtime = Object.keys(manifest.dependencies ?? {})

  it.each([...runtime, ...Object.keys(manifest.devDependencies ?? {})].map((name) => [name]))(
    '%s is named with its reason',
    (name) => {
      expect(named).toContain(`| \`${name}\` |`)
    },
  )

  it.each(runtime.map((name) => [name]))('%s does real work in the product', (name) => {
    const users = sourcesBelow('rules', 'agent', 'control-api').filter((source) =>
      source.imports.some((specifier) => specifier === name || specifier.startsWith(`${name}/`)),
    )
    expect(users.length).toBeGreaterThan(0)
  })

  it('are all pinned to one version', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    )
    expect(loose).toEqual([])
  })
})
