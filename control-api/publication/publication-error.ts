/** What can be wrong with the keys and files of the signed repository. */
export const PUBLICATION_ERRORS = {
  ALREADY_INITIALISED: 'keys or a signed repository are already there',
  NOT_INITIALISED: 'there is no signed repository yet',
  KEY_MISSING: 'a signing key that this step needs is not there',
  KEY_EXPOSED: 'a signing key can be read by other accounts of this machine',
  KEY_UNUSABLE: 'a file does not hold an Ed25519 private key that the root metadata trusts',
  REPOSITORY_BROKEN: 'the signed repository does not verify against its own root',
  KEY_ROTATING: 'a rotation of the gate key is under way, or none is',
  LOCKED: 'another process is publishing',
} as const

/** Trouble with the signed repository. Callers branch on `code`. */
export class PublicationError extends Error {
  override readonly name = 'PublicationError'
  readonly code: keyof typeof PUBLICATION_ERRORS
  constructor(code: keyof typeof PUBLICATION_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
