import { describe, expect, it } from 'vitest'
import type { ControlClient } from '../../../agent/control/control-client.ts'
import { followRevisions } from '../../../agent/control/follow-revisions.ts'

async function revisionsOf(...chunks: readonly string[]): Promise<number[]> {
  const revisions: number[] = []
  const client = {
    async openStream() {
      return (async function* () {
        for (const chunk of chunks) yield Buffer.from(chunk)
      })()
    },
  } as Partial<ControlClient> as ControlClient
  await followRevisions(
    client,
    (revision) => revisions.push(revision),
    () => undefined,
    new AbortController().signal,
  )
  return revisions
}

describe('followRevisions', () => {
  it('tells versions of the documents beside the list apart from revisions', async () => {
    const versions: unknown[] = []
    const client = {
      async openStream() {
        return (async function* () {
          yield Buffer.from(
            'event: blocks\ndata: {"version":4}\n\nevent: blocks\ndata: {"revision":5}\n\nevent: grants\ndata: {"version":6}\n\n',
          )
        })()
      },
    } as Partial<ControlClient> as ControlClient
    const ignore = (): void => undefined
    await followRevisions(
      client,
      (revision) => versions.push(-revision),
      ignore,
      new AbortController().signal,
      (kind, version) => versions.push(kind, version),
    )
    expect(versions).toEqual(['blocks', 4, 'grants', 6])
  })

  it.each<[readonly string[], readonly number[], string]>([
    [['event: revision\ndata: {"revision":7}\n\n'], [7], 'one event'],
    [['event: rev', 'ision\nda', 'ta: {"revision":7}\n', '\nevent: revision\ndata: {"revision":8}\n\n'], [7, 8], 'cut anywhere'],
    [[': alive\n\n'], [], 'a sign of life'],
    [['data: {"revision":7}\n\n'], [], 'another event'],
    [['event: revision\ndata: 7\n\n'], [], 'a bare number'],
    [['event: revision\ndata: {"revision":"7"}\n\n'], [], 'a text'],
    [['event: revision\ndata: {"revision":-1}\n\n'], [], 'a number that no revision has'],
    [['event: revision\ndata: {"revision":1e999}\n\n'], [], 'a number that is none'],
    [['event: revision\ndata: nonsense\n\n'], [], 'no JSON'],
    [['event: revision\ndata: null\n\n'], [], 'nothing'],
  ])('%j nudges %j: %s', async (chunks, revisions) => {
    expect(await revisionsOf(...chunks)).toEqual(revisions)
  })
})
