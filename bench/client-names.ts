/** What software of facilities calls itself: libraries, browsers, programs of vendors, and one that says nothing. */
const CLIENTS = [
  'Apache-HttpClient/4.5.13 (Java/1.8.0_352)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'RestSharp/106.11.7.0',
  'Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)',
  '',
  'okhttp/4.9.3',
  'HIS-Client/2.1 (Windows NT 6.1)',
] as const

/** The client software of a facility. */
export function clientOf(facility: number): string {
  return CLIENTS[facility % CLIENTS.length] ?? ''
}
