/** In the order of their tokens, each once: the last of those that share one. */
export function byToken<E extends { readonly token: string }>(entries: readonly E[]): E[] {
  const held = new Map(entries.map((entry) => [entry.token, entry]))
  return [...held.values()].sort((one, other) => (one.token < other.token ? -1 : 1))
}
