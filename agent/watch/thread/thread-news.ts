import type { ThreadMessage } from './messages.ts'

/** What comes by the thousand when a campaign is stopped: flags, and the lines of our own log that tell of them. */
export type NewsMessage = Extract<ThreadMessage, { readonly kind: 'flag' | 'log' }>

/** News that wait for others, at most. */
const MOST_GATHERED = 64
const MOST_WAIT_MS = 1
/** News taken in one turn of the loop: half a millisecond. */
const TAKEN_AT_ONCE = 16

/** Sends news as texts, many in one message: a message is read all at once by whoever gets it, a text when its turn comes. */
export function createNewsSender(
  send: (texts: readonly string[]) => void,
  monotonicMs: () => number,
): (news: NewsMessage) => void {
  let gathered: string[] = []
  let firstMs = 0

  function flush(): void {
    if (gathered.length === 0) return
    send(gathered)
    gathered = []
  }

  return (news) => {
    if (gathered.length === 0) {
      firstMs = monotonicMs()
      queueMicrotask(flush)
    }
    gathered.push(JSON.stringify(news))
    // The thread may go on reading for long before it comes to its microtasks.
    if (gathered.length >= MOST_GATHERED || monotonicMs() - firstMs >= MOST_WAIT_MS) flush()
  }
}

/** Takes news a few in each turn of the loop, in their order: a proxy that asks meanwhile waits for a few only. */
export interface NewsTaker {
  take(texts: readonly string[]): void
  /** Takes all that waits, at once: what comes next must find it taken. */
  drain(): void
}

/** @param later runs a job when the turn of the loop has ended */
export function createNewsTaker(
  tell: (news: NewsMessage) => void,
  later: (job: () => void) => unknown = setImmediate,
): NewsTaker {
  let waiting: string[] = []
  let isComing = false

  function some(most: number): void {
    const taken = waiting.slice(0, most)
    waiting = waiting.slice(most)
    for (const text of taken) tell(JSON.parse(text) as NewsMessage)
  }

  function turn(): void {
    isComing = false
    some(TAKEN_AT_ONCE)
    come()
  }

  function come(): void {
    if (isComing || waiting.length === 0) return
    isComing = true
    later(turn)
  }

  return {
    take(texts) {
      waiting.push(...texts)
      if (!isComing) some(TAKEN_AT_ONCE)
      come()
    },
    drain: () => some(waiting.length),
  }
}
