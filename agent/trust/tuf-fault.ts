import { BadVersionError, DownloadHTTPError, ExpiredMetadataError, PersistError } from 'tuf-js/dist/error.js'
import { ControlLinkError } from '../control/control-link-error.ts'
import { TrustError } from './trust-error.ts'

/** What ends the walk over newer roots: "there is no such file". tuf-js knows it by this class and status. */
export function noSuchFile(status: number): Error {
  return new DownloadHTTPError('no such file', status)
}

/**
 * The agent's own error for one that tuf-js threw. tuf-js wraps errors of snapshot and targets into text without cause, so `linkFault`, the last
 * fault of the fetcher, goes first, and the words are read here and nowhere else.
 */
export function trustErrorOf(error: unknown, linkFault: ControlLinkError | undefined): Error {
  if (error instanceof ControlLinkError || error instanceof TrustError) return error
  if (linkFault !== undefined) return linkFault
  const reason = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  if (error instanceof PersistError || /Failed to persist metadata/.test(reason))
    return new TrustError('TRUST_STORE', `Cannot keep verified metadata: ${reason}`, options)
  if (error instanceof ExpiredMetadataError || /is expired/.test(reason))
    return new TrustError('METADATA_EXPIRED', `Cannot trust the signed metadata: ${reason}`, options)
  if (error instanceof BadVersionError || /less than current version/.test(reason))
    return new TrustError('METADATA_OLDER', `Cannot trust the signed metadata: ${reason}`, options)
  return new TrustError('METADATA_REFUSED', `Cannot trust the signed metadata: ${reason}`, options)
}
