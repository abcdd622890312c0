import { dataPaths } from '../config/data-paths.ts'
import { createDirectoryFiles } from '../publication/directory-files.ts'
import { ONLINE_ROLES, readOnlineKeys } from '../publication/key-files.ts'
import { readCurrent, sha256Hex } from '../publication/signed-metadata.ts'
import { type Command, UsageError } from './command.ts'
import { loadConfig } from './load-config.ts'
import { DATA_FLAGS, DATA_USAGE, parseFlags } from './parse-flags.ts'

export const keys: Command = {
  name: 'keys',
  summary: 'show the public halves of the signing keys, the root’s hash and until when metadata is valid',
  usage: `show --data DIR\n  ${DATA_USAGE}`,
  example: 'control keys show --data /var/lib/edgeward-control',
  async run(args, io) {
    const { values, positionals } = parseFlags(args, DATA_FLAGS)
    if (positionals[0] !== 'show') throw new UsageError('Say show')
    const paths = dataPaths((await loadConfig(values)).data.dir)
    const files = createDirectoryFiles(paths.publication)
    const current = await readCurrent(files)
    const online = await readOnlineKeys(paths.keys)
    const root = (await files.find(`metadata/${current.root.version}.root.json`)) ?? Buffer.alloc(0)
    io.stdout.write(`root version ${current.root.version}, SHA-256 ${sha256Hex(root)}\n`)
    for (const [role, { keyIDs, threshold }] of Object.entries(current.root.roles)) {
      io.stdout.write(`${role}\tthreshold ${threshold} of ${keyIDs.length}\t${keyIDs.join(' ')}\n`)
    }
    for (const [role, { expires }] of Object.entries(current)) io.stdout.write(`${role}\tvalid until ${expires}\n`)
    const strange = ONLINE_ROLES.filter((role) => current.root.roles[role]?.keyIDs.includes(online[role].key.keyID) !== true)
    if (strange.length === 0) return 0
    io.stderr.write(`The root does not trust the key files of: ${strange.join(', ')}\n`)
    return 1
  },
}
