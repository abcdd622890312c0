import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { addToken } from '../access/person-tokens.ts'
import { dataPaths } from '../config/data-paths.ts'
import type { ControlConfig } from '../config/options.ts'
import { validityOf } from '../config/validity-of.ts'
import { createDirectoryFiles } from '../publication/directory-files.ts'
import { createKeyFiles } from '../publication/key-files.ts'
import { PublicationError } from '../publication/publication-error.ts'
import { initRepository } from '../publication/repository.ts'
import { openGateKeys, openUserSecret } from '../publication/secret-files.ts'
import { createSqliteStore } from '../store/create-sqlite-store.ts'
import type { Actor } from '../store/store.ts'
import { type Command, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags, personFlag } from './parse-flags.ts'

const FIRST: Actor = { person: 'init', role: 'system' }
const ROLES = ['operator', 'approver', 'reader', 'assessor'] as const
type FirstTokens = Readonly<Record<(typeof ROLES)[number], string>>

export const init: Command = {
  name: 'init',
  summary: 'make keys, database and the first access tokens; refuses a folder that has them',
  usage: `--data DIR [options]
  ${DATA_USAGE}
  --operator NAME      person of the first operator token (first-operator)
  --approver NAME      person of the first approver token (first-approver); must be another person
  --reader NAME        person of the first reader token (first-reader)
  --assessor NAME      person of the first assessor token (first-assessor): the assessment centre, which grants the right to approve users
  --tokens-file FILE   write the tokens there (mode 0600) as JSON instead of showing them once on standard output`,
  example: 'control init --data /var/lib/edgeward-control --operator an --approver binh',
  async run(args, io) {
    const { values } = parseFlags(args, {
      ...DATA_FLAGS,
      operator: { type: 'string', default: 'first-operator' },
      approver: { type: 'string', default: 'first-approver' },
      reader: { type: 'string', default: 'first-reader' },
      assessor: { type: 'string', default: 'first-assessor' },
      'tokens-file': { type: 'string' },
    })
    const config = await loadConfig(values)
    const persons = personsOf(values)
    const file = values['tokens-file']
    if (file !== undefined) requireNewFile(file, config.data.dir)
    const tokens = await initData(config, persons)
    const text = `${JSON.stringify(tokens, null, 2)}\n`
    if (file === undefined) io.stdout.write(text)
    else await writeFile(file, text, { mode: 0o600, flag: 'wx' })
    const { keys } = dataPaths(config.data.dir)
    io.stderr.write(
      `Made keys, database and signed repository in ${config.data.dir}.\n` +
        (file === undefined
          ? 'The access tokens above are shown this once.\n'
          : `The access tokens are in ${file}: hand them out and delete it.\n`) +
        `Move the root keys in ${keys}/offline to offline media (see README.txt there).\n`,
    )
    return 0
  },
}

/** Asked before anything is made: tokens that cannot be written are lost, for only their hashes are kept. @throws UsageError */
function requireNewFile(file: string, dataDir: string): void {
  if (existsSync(file)) throw new UsageError(`Cannot write the tokens to ${file}: it is there already; nothing was made`)
  const folder = resolve(dirname(file))
  if (folder !== resolve(dataDir) && !existsSync(folder))
    throw new UsageError(`Cannot write the tokens to ${file}: there is no folder ${folder}; nothing was made`)
}

function personsOf(values: FirstTokens): FirstTokens {
  const persons = {
    operator: personFlag(values.operator, '--operator'),
    approver: personFlag(values.approver, '--approver'),
    reader: personFlag(values.reader, '--reader'),
    assessor: personFlag(values.assessor, '--assessor'),
  }
  if (persons.operator === persons.approver)
    throw new UsageError(`--operator and --approver are both ${persons.operator}: another person must approve what one registers`)
  for (const role of ['operator', 'approver'] as const)
    if (persons.assessor === persons[role])
      throw new UsageError(
        `--assessor and --${role} are both ${persons.assessor}: another person must grant the right to approve`,
      )
  return persons
}

/** Keys first, the repository's timestamp last: a folder that was left half made is refused by the next init and by serve. */
async function initData(config: ControlConfig, persons: FirstTokens): Promise<FirstTokens> {
  const paths = dataPaths(config.data.dir)
  for (const path of [paths.database, paths.keys, paths.publication]) {
    if (existsSync(path))
      throw new PublicationError(
        'ALREADY_INITIALISED',
        `Cannot initialise ${config.data.dir}: ${path} is already there; nothing was changed`,
      )
  }
  await mkdir(config.data.dir, { recursive: true, mode: 0o700 })
  const { online, root } = await createKeyFiles(paths.keys)
  await openGateKeys(paths.gateKey, systemBytes)
  await openUserSecret(paths.userSecret, false, systemBytes)
  await using store = await createSqliteStore({ path: paths.database, clock: SYSTEM_CLOCK })
  const parts = { nowMs: SYSTEM_CLOCK.nowMs(), randomBytes: systemBytes }
  const tokens = await store.transact(FIRST, async (tx) => {
    const order = (role: (typeof ROLES)[number]) => ({ person: persons[role], role, days: config.tokens.days })
    return {
      operator: (await addToken(tx, order('operator'), parts)).token,
      approver: (await addToken(tx, order('approver'), parts)).token,
      reader: (await addToken(tx, order('reader'), parts)).token,
      assessor: (await addToken(tx, order('assessor'), parts)).token,
    }
  })
  const files = createDirectoryFiles(paths.publication)
  await initRepository(
    { files, keys: online, clock: SYSTEM_CLOCK, keep: config.publication.keep, validity: validityOf(config) },
    root,
  )
  return tokens
}
