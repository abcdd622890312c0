import type { ConfigFinding } from '../../rules/config/parse-config.ts'
import type { ControlConfig } from '../config/options.ts'

/** What does not fit together in the options of SMS. */
export function smsFindings({ sms }: Pick<ControlConfig, 'sms'>): ConfigFinding[] {
  const findings: ConfigFinding[] = []
  const { order, smpp, http } = sms
  if (new Set(order).size < order.length) findings.push({ path: 'sms.order', message: 'names a gateway twice' })
  if (order.includes('smpp')) {
    if (smpp.host === '') findings.push({ path: 'sms.smpp.host', message: 'is needed, because sms.order names smpp' })
    if (smpp.systemId === '') findings.push({ path: 'sms.smpp.systemId', message: 'is needed, because sms.order names smpp' })
  }
  if (order.includes('http')) findings.push(...urlFindings(http))
  for (const name of ['successPattern', 'idPattern', 'receiptDelivered', 'receiptFailed'] as const) {
    if (!isPattern(http[name])) findings.push({ path: `sms.http.${name}`, message: 'is not a regular expression' })
  }
  if (order.includes('http') && http.receiptSecretFile === null && usesReceiptSecret(http))
    findings.push({ path: 'sms.http.receiptSecretFile', message: 'is needed, because {receiptSecret} is to be filled in' })
  return findings
}

function usesReceiptSecret({ url, body, headers }: ControlConfig['sms']['http']): boolean {
  return [url, body, ...Object.values(headers)].some((text) => text.includes('{receiptSecret}'))
}

function urlFindings({ url, allowPlain }: ControlConfig['sms']['http']): ConfigFinding[] {
  const path = 'sms.http.url'
  // Braces may stand anywhere but in the name of the host.
  const parsed = URL.parse(url.replaceAll(/\{(?:phone|text|id|minutes|secret|receiptSecret)\}/g, 'x'))
  if (parsed === null || !/^https?:\/\/[^{/]+(?:[/?]|$)/.test(url)) return [{ path, message: 'is not an http or https address' }]
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname)
  return parsed.protocol === 'https:' || isLocal || allowPlain
    ? []
    : [{ path, message: 'has no TLS; say https, or sms.http.allowPlain: true where the way there is safe' }]
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 's') instanceof RegExp
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
