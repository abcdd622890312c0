import { type Static, Type } from 'typebox'

/** What tells one file from another after renames: its inode, and a hash of its first bytes because inodes are used again. */
export const FileIdentity = Type.Object(
  {
    dev: Type.String(),
    ino: Type.String(),
    headBytes: Type.Integer({ minimum: 0, description: 'bytes hashed, of those that were read; at most 1024' }),
    headHash: Type.String({ description: 'SHA-256, hexadecimal' }),
  },
  { additionalProperties: false },
)
export type FileIdentity = Static<typeof FileIdentity>

/** How far a file was read: `offset` is where the first line begins that was not handed on. */
export const FilePlace = Type.Object(
  {
    identity: FileIdentity,
    offset: Type.Integer({ minimum: 0 }),
    bytes: Type.Integer({ minimum: 0, description: 'size at the last look' }),
    mtimeMs: Type.Number(),
  },
  { additionalProperties: false },
)
export type FilePlace = Static<typeof FilePlace>

/** Where to go on in one log: files that are still read, oldest first, and files lately read to their end. */
export const LogPlace = Type.Object(
  { files: Type.Array(FilePlace), done: Type.Array(FilePlace) },
  { additionalProperties: false },
)
export type LogPlace = Static<typeof LogPlace>
