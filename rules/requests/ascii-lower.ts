/** Lower case of A to Z alone: `String.toLowerCase` also turns the Kelvin sign into `k`, which the portal does not. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
