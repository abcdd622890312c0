/** Registered paths and their methods, to tell "no such path" from "not with this method". */
export interface RoutePatterns {
  add(methods: string | readonly string[], path: string): void
  /** Methods that `path` (without query) is registered for; empty where there is no such path. */
  methodsOf(path: string): readonly string[]
}

export function createRoutePatterns(): RoutePatterns {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  return {
    add(methods, path) {
      const known = patterns.get(path) ?? { pattern: patternOf(path), methods: new Set<string>() }
      for (const method of [methods].flat()) known.methods.add(method)
      patterns.set(path, known)
    },
    methodsOf(path) {
      return [...patterns.values()].flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : []))
    },
  }
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')))
  return new RegExp(`^${parts.join('/')}$`)
}
