import { parentPort, workerData } from 'node:worker_threads'
import { lowerPriority } from '../../process/lower-priority.ts'
import type { ChangedEntries } from '../changed-entries.ts'
import { createFolderFiles } from '../hand-over-files.ts'
import { createHandedOver } from '../handed-over.ts'
import type { ReaderData, ReaderMessage, ReaderOrder } from './messages.ts'

/** Changes in one message: taken in well below a millisecond. */
const PIECE_CHANGES = 250

/** Reads and judges what the agent hands over, and says what came of it, a piece for each order. */
function main({ folder, versions }: ReaderData): void {
  const waiting: ReaderMessage[] = []
  const say = (message: ReaderMessage): void => void waiting.push(message)
  const handedOver = createHandedOver(createFolderFiles(folder), versions, {
    policy(document) {
      const { exemptions } = document.policy
      say({ kind: 'policy', document: { ...document, policy: { ...document.policy, exemptions: [] } } })
      for (let from = 0; from < Math.max(exemptions.length, 1); from += PIECE_CHANGES)
        say({
          kind: 'exemptions',
          exemptions: exemptions.slice(from, from + PIECE_CHANGES),
          isLast: from + PIECE_CHANGES >= exemptions.length,
        })
    },
    users: (_document, bytes) => say({ kind: 'users', bytes }),
    grants(changed, publishedAt) {
      for (const piece of piecesOf(changed)) say({ kind: 'grants', ...piece, publishedAt })
    },
    verdicts(changed, publishedAt) {
      for (const piece of piecesOf(changed)) say({ kind: 'verdicts', ...piece, publishedAt })
    },
    facilities: (places) => say({ kind: 'facilities', places }),
    keys: (keys) => say({ kind: 'keys', keys: keys.map((key) => Uint8Array.from(key)) }),
    fault: (file, error) => say({ kind: 'fault', file, fault: error && { code: error.code, message: error.message } }),
  })

  async function obey(order: ReaderOrder): Promise<void> {
    if (order === 'look') await handedOver.look()
    parentPort?.postMessage(waiting.shift() ?? ({ kind: 'looked', versions: handedOver.versions() } satisfies ReaderMessage))
  }

  parentPort?.on('message', (order: ReaderOrder) => void obey(order))
}

type Piece<E> = ChangedEntries<E> & { readonly isFirst: boolean; readonly isLast: boolean }

function* piecesOf<E>({ isWhole, set, gone }: ChangedEntries<E>): Generator<Piece<E>> {
  const most = Math.max(set.length, gone.length, 1)
  for (let from = 0; from < most; from += PIECE_CHANGES) {
    const until = from + PIECE_CHANGES
    yield { isWhole, isFirst: from === 0, isLast: until >= most, set: set.slice(from, until), gone: gone.slice(from, until) }
  }
}

lowerPriority()
main(workerData as ReaderData)
