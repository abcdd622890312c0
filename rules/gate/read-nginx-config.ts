/** One directive of an nginx configuration; `block` where it has braces. */
export interface NginxDirective {
  readonly words: readonly string[]
  readonly block: readonly NginxDirective[] | undefined
  readonly file: string
  readonly line: number
}

/** What `nginx -T` prints before each file. */
const FILE = /^# configuration file (.+):$/

/**
 * The configuration that `nginx -T` printed, or one file's text, with each `include` in the place of its files. nginx has judged it already, so what
 * is no configuration is passed over.
 */
export function readNginxConfig(text: string): readonly NginxDirective[] {
  const files = filesOf(text)
  const main = files.keys().next().value ?? ''
  const folder = main.slice(0, main.lastIndexOf('/') + 1)
  return parseFile(main, files, folder, 0)
}

interface FileText {
  readonly text: string
  /** Line of the output at which it begins, where all is one file. */
  readonly from: number
}

function filesOf(text: string): ReadonlyMap<string, FileText> {
  const files = new Map<string, FileText>()
  let [name, lines] = ['', [] as string[]]
  const end = (): void => {
    if (name !== '' || lines.some((line) => line.trim() !== '')) files.set(name, { text: lines.join('\n'), from: 1 })
    lines = []
  }
  for (const line of text.split('\n')) {
    const found = FILE.exec(line)?.[1]
    if (found === undefined) {
      lines.push(line)
      continue
    }
    end()
    name = found
  }
  end()
  files.delete(files.size > 1 ? '' : '\0')
  return files
}

const MAX_DEPTH = 16

function parseFile(name: string, files: ReadonlyMap<string, FileText>, folder: string, depth: number): NginxDirective[] {
  const tokens = tokensOf(files.get(name)?.text ?? '')
  let at = 0

  function readBlock(): NginxDirective[] {
    const directives: NginxDirective[] = []
    let words: string[] = []
    let line = 0
    for (; at < tokens.length; at += 1) {
      const token = tokens[at] as Token
      if (token.isWord) {
        if (words.length === 0) line = token.line
        words.push(token.text)
        continue
      }
      if (token.text === '}') return directives
      at += token.text === '{' ? 1 : 0
      const block = token.text === '{' ? readBlock() : undefined
      directives.push(...resolved({ words, block, file: name, line }))
      words = []
    }
    return directives
  }

  /** The files of an `include`, in the place of it. */
  function resolved(directive: NginxDirective): readonly NginxDirective[] {
    const [first, pattern] = directive.words
    if (first !== 'include' || pattern === undefined || depth >= MAX_DEPTH) return [directive]
    const matches = globOf(pattern.startsWith('/') ? pattern : folder + pattern)
    return [...files.keys()].filter((file) => matches.test(file)).flatMap((file) => parseFile(file, files, folder, depth + 1))
  }

  return readBlock()
}

function globOf(pattern: string): RegExp {
  const text = pattern
    .replaceAll(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  return new RegExp(`^${text}$`)
}

interface Token {
  readonly text: string
  readonly line: number
  readonly isWord: boolean
}

const TOKEN =
  /#[^\n]*|"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|[{};]|(?:\$\{|[^\s{};"'#]|(?<=\S)["'#])(?:\$\{[^}]*\}|\\.|[^\s{};])*/g

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let [line, from] = [1, 0]
  for (const found of text.matchAll(TOKEN)) {
    for (; from < found.index; from += 1) if (text.charCodeAt(from) === 10) line += 1
    const [whole, double, single] = found
    if (whole.startsWith('#')) continue
    const quoted = double ?? single
    const isWord = quoted !== undefined || !/^[{};]$/.test(whole)
    tokens.push({ text: quoted ?? whole, line, isWord })
  }
  return tokens
}
