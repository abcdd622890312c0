import { gateKeyId } from '../../rules/gate/gate-keys.ts'
import { type DataPaths, dataPaths } from '../config/data-paths.ts'
import { createDirectoryFiles } from '../publication/directory-files.ts'
import { ONLINE_ROLES, readOnlineKeys } from '../publication/key-files.ts'
import { endGateRotation, readGateKeys, rotateGateKey } from '../publication/secret-files.ts'
import { readCurrent, sha256Hex } from '../publication/signed-metadata.ts'
import { createSqliteStore } from '../store/create-sqlite-store.ts'
import { usersWithoutToken } from '../users/user-tokens.ts'
import { type Command, type CommandIo, type ExitCode, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { localPerson, SYSTEM_CLOCK, systemBytes } from './open-control.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const keys: Command = {
  name: 'keys',
  summary: 'show the public halves of the signing keys and until when metadata is valid; rotate the gate key',
  usage: `show|rotate-gate|end-gate-rotation --data DIR [options]
  ${DATA_USAGE}
  --force          end a rotation although users are not known under the new key yet (end-gate-rotation)
  --person NAME    who does it, for the audit log`,
  example: 'control keys show --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, { ...DATA_FLAGS, force: { type: 'boolean' }, person: { type: 'string' } })
    const paths = dataPaths((await loadConfig(values)).data.dir)
    const [action] = positionals
    if (action === 'show') return show(paths, io)
    if (action !== 'rotate-gate' && action !== 'end-gate-rotation')
      throw new UsageError('Say show, rotate-gate or end-gate-rotation')
    return rotate(paths, io, action === 'end-gate-rotation', localPerson(values.person), values.force === true)
  },
}

async function show(paths: DataPaths, io: CommandIo): Promise<ExitCode> {
  const files = createDirectoryFiles(paths.publication)
  const current = await readCurrent(files)
  const online = await readOnlineKeys(paths.keys)
  const root = (await files.find(`metadata/${current.root.version}.root.json`)) ?? Buffer.alloc(0)
  io.stdout.write(`root version ${current.root.version}, SHA-256 ${sha256Hex(root)}\n`)
  for (const [role, { keyIDs, threshold }] of Object.entries(current.root.roles)) {
    io.stdout.write(`${role}\tthreshold ${threshold} of ${keyIDs.length}\t${keyIDs.join(' ')}\n`)
  }
  for (const [role, { expires }] of Object.entries(current)) io.stdout.write(`${role}\tvalid until ${expires}\n`)
  // The id is a hash: the keys themselves are shown nowhere.
  const ids = (await readGateKeys(paths.gateKey)).map(gateKeyId)
  io.stdout.write(`gate\t${ids.length === 1 ? 'one key' : 'two keys, a rotation is under way'}\t${ids.join(' ')}\n`)
  const strange = ONLINE_ROLES.filter((role) => current.root.roles[role]?.keyIDs.includes(online[role].key.keyID) !== true)
  if (strange.length === 0) return 0
  io.stderr.write(`The root does not trust the key files of: ${strange.join(', ')}\n`)
  return 1
}

async function rotate(paths: DataPaths, io: CommandIo, isEnd: boolean, person: string, isForced: boolean): Promise<ExitCode> {
  await using store = await createSqliteStore({ path: paths.database, clock: SYSTEM_CLOCK })
  const newest = (await readGateKeys(paths.gateKey))[0] ?? new Uint8Array()
  const left = await store.read((db) => usersWithoutToken(db, gateKeyId(newest)))
  if (isEnd && left > 0 && !isForced) {
    io.stderr.write(
      `${left} users are not known under the new key: import their forms again, or end the rotation with --force; the gate then does not know them.\n`,
    )
    return 1
  }
  const made = isEnd ? await endGateRotation(paths.gateKey) : await rotateGateKey(paths.gateKey, systemBytes)
  const ids = made.map(gateKeyId)
  await store.transact({ person, role: 'operator' }, (tx) =>
    tx.audit({ action: isEnd ? 'gate-key.end-rotation' : 'gate-key.rotate', target: 'gate-key', details: { keys: ids, left } }),
  )
  io.stdout.write(`${ids.join('\n')}\n`)
  return 0
}
