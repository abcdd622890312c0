/** The `code` of what `work` throws; `undefined` where it throws nothing. What has no code is thrown on. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
  return undefined
}
