/**
 * `node strip-types.mjs FOLDER`: writes each `x.ts` below FOLDER without its types as `x.js` beside it, for a service to run. Node could run `x.ts`, but
 * takes 25 MB of memory and half of each start for it, in every thread again, and does it by WebAssembly, whose start now and then ends a
 * process (https://github.com/nodejs/node/issues/64500). Places stay: a line and column of `x.js` is that of `x.ts`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

const [folder = ''] = process.argv.slice(2)
/** What names another of our files: `from './x.ts'`, `import './x.ts'`, `import('./x.ts')`, `new URL('./x.ts'`. */
const OUR_FILE = /(\bfrom |\bimport |\bimport\(|\bnew URL\()(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g

for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.ts') || path.includes('node_modules')) continue
  const source = join(folder, path)
  const code = stripTypeScriptTypes(readFileSync(source, 'utf8')).replace(OUR_FILE, '$1$2$3.js$2')
  writeFileSync(`${source.slice(0, -'.ts'.length)}.js`, code)
}
