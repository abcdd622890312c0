import { createParser } from 'eventsource-parser'
import type { ControlClient } from './control-client.ts'

/** The stream sends a comment far more often; a longer silence means that the line is dead. */
const SILENCE_MS = 90_000

/**
 * Listens to `GET /v1/events` until it ends and calls `onRevision` for each revision named. The number is a hint to pull, never trusted.
 * @throws ControlLinkError
 */
export async function followRevisions(
  client: ControlClient,
  onRevision: (revision: number) => void,
  alive: () => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = createParser({
    maxBufferSize: 65_536,
    onEvent: ({ event, data }) => {
      const revision = event === 'revision' ? findRevision(data) : undefined
      if (revision !== undefined) onRevision(revision)
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of await client.openStream('/v1/events', SILENCE_MS, signal)) {
    alive()
    parser.feed(decoder.decode(chunk, { stream: true }))
  }
}

function findRevision(data: string): number | undefined {
  try {
    const { revision } = JSON.parse(data) as { readonly revision?: unknown }
    return typeof revision === 'number' && Number.isSafeInteger(revision) && revision > 0 ? revision : undefined
  } catch {
    return undefined // A nudge that cannot be read is no nudge; the schedule pulls all the same.
  }
}
