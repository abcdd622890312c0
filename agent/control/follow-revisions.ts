import { createParser } from 'eventsource-parser'
import { SIDE_KINDS, type SideKind } from '../../rules/documents/side-kind.ts'
import type { ControlClient } from './control-client.ts'

/** The stream sends a comment far more often; a longer silence means that the line is dead. */
const SILENCE_MS = 90_000

/**
 * Listens to `GET /v1/events` until it ends and calls `onRevision` for each revision named, `onSide` for each version of a document beside the list. The number is a hint to pull, never trusted.
 * @throws ControlLinkError
 */
export async function followRevisions(
  client: ControlClient,
  onRevision: (revision: number) => void,
  alive: () => void,
  signal: AbortSignal,
  onSide: (kind: SideKind, version: number) => void = () => undefined,
): Promise<void> {
  const parser = createParser({
    maxBufferSize: 65_536,
    onEvent: ({ event, data }) => {
      const revision = event === 'revision' ? findNumber(data, 'revision') : undefined
      if (revision !== undefined) onRevision(revision)
      const kind = SIDE_KINDS.find((known) => known === event)
      const version = kind === undefined ? undefined : findNumber(data, 'version')
      if (kind !== undefined && version !== undefined) onSide(kind, version)
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of await client.openStream('/v1/events', SILENCE_MS, signal)) {
    alive()
    parser.feed(decoder.decode(chunk, { stream: true }))
  }
}

function findNumber(data: string, name: 'revision' | 'version'): number | undefined {
  try {
    const { [name]: number } = JSON.parse(data) as Readonly<Record<string, unknown>>
    return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
  } catch {
    return undefined // A nudge that cannot be read is no nudge; the schedule pulls all the same.
  }
}
