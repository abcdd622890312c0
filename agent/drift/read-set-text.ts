/** Reads the elements out of the text of `nft list set`, in pieces cut anywhere. */
export interface SetTextReader {
  push(text: string): void
  /** True once the list has ended as it should, by its closing braces. */
  isWhole(): boolean
}

const HEAD = 'elements = {'
/** The longest element of ours has 43 characters; a comment of somebody else's at most 128 more. */
const MAX_ELEMENT_LENGTH = 512

/**
 * Hands on each element with what stands behind it (`1.2.3.4 comment "…"`), without the white space around. A comment may hold anything but a double quote, commas
 * and braces too; nft 1.0.6 quotes nothing in it.
 */
export function createSetTextReader(onElement: (text: string, start: number, end: number) => void): SetTextReader {
  let part: 'head' | 'elements' | 'tail' = 'head'
  let rest = ''
  let tail = ''

  const hand = (text: string, from: number, to: number): void => {
    let start = from
    let end = to
    while (start < end && isSpace(text.charCodeAt(start))) start += 1
    while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
    if (end > start) onElement(text, start, end)
  }

  /** Gives back where the elements ended: behind their brace; or the text's end, with `rest` kept. */
  const takeElements = (text: string, from: number): number => {
    let start = from
    let isQuoted = false
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === 0x22) isQuoted = !isQuoted
      if (isQuoted || (code !== 0x2c && code !== 0x7d)) continue
      hand(text, start, at)
      start = at + 1
      if (code === 0x7d) {
        part = 'tail'
        return start
      }
    }
    // What is longer is no element of ours, and must not be kept without end.
    if (text.length - start > MAX_ELEMENT_LENGTH) {
      hand(text, start, text.length)
      start = text.length
    }
    rest = text.slice(start)
    return text.length
  }

  return {
    push(piece) {
      const text = rest + piece
      rest = ''
      let at = 0
      if (part === 'head') {
        const head = text.indexOf(HEAD)
        if (head < 0) {
          // A set without elements has no such line: then all of it is the tail.
          rest = text.slice(-MAX_ELEMENT_LENGTH)
          tail = rest
          return
        }
        part = 'elements'
        at = head + HEAD.length
      }
      if (part === 'elements') at = takeElements(text, at)
      if (part === 'tail') tail = (tail + text.slice(at)).slice(-MAX_ELEMENT_LENGTH)
    },
    isWhole: () => part !== 'elements' && /\}\s*\}\s*$/.test(tail),
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a
}
