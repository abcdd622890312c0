import type { AddressErrorCode } from './address-error.ts'

/** Longer than this is no address with any fault we could name. */
const MAX_TEXT_LENGTH = 256

/**
 * The first fault in the written form of a block, or `undefined` where the grammar holds. Host bits are not written form:
 * `parseBlock` judges them. Stricter than `inet_pton` and than nft, which disagree with each other: `1.2.3.4/024` is /24 to one and /20 to the other.
 */
export function findBlockFault(text: string): AddressErrorCode | undefined {
  return findTextFault(text) ?? findPartFault(text)
}

function findTextFault(text: string): AddressErrorCode | undefined {
  if (text === '') return 'EMPTY'
  if (text.length > MAX_TEXT_LENGTH) return 'TOO_LONG'
  if (/[^\p{ASCII}]/u.test(text)) return 'NOT_ASCII'
  if (/[,;]/.test(text)) return 'LIST'
  if (/^\s*(?=[^-]*[.:])[0-9a-f.:/]*[0-9a-f.:]\s*-\s*[0-9a-f:][0-9a-f.:/]*\s*$/i.test(text)) return 'RANGE'
  if (/\s/.test(text)) return 'WHITESPACE'
  if (/\p{Cc}/u.test(text)) return 'CONTROL_CHARACTER'
  if (/[[\](){}<>]/.test(text)) return 'BRACKETS'
  if (text.includes('%')) return 'ZONE_ID'
  return undefined
}

function findPartFault(text: string): AddressErrorCode | undefined {
  const [address = '', length, ...more] = text.split('/')
  const isV6 = address.includes(':')
  const addressFault = isV6 ? findV6Fault(address) : findV4Fault(address)
  if (addressFault !== undefined) return addressFault
  if (more.length > 0) return 'LENGTH_TWICE'
  return length === undefined ? undefined : findLengthFault(length, isV6 ? 128 : 32)
}

function findV4Fault(address: string): AddressErrorCode | undefined {
  if (address === '') return 'EMPTY'
  if (/(^|\.)0x[0-9a-f]*(\.|$)/i.test(address)) return 'HEXADECIMAL'
  if (address.includes('*')) return 'WILDCARD'
  if (/^[0-9]+$/.test(address)) return 'BARE_INTEGER'
  if (/[^0-9.]/.test(address))
    return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(address) && /[a-z]/i.test(address) ? 'HOST_NAME' : 'BAD_CHARACTER'
  const octets = address.split('.')
  if (octets.includes('')) return 'EMPTY_OCTET'
  if (octets.length !== 4) return 'OCTET_COUNT'
  if (octets.some((octet) => octet.length > 1 && octet.startsWith('0'))) return 'LEADING_ZERO'
  if (octets.some((octet) => octet.length > 3 || Number(octet) > 255)) return 'OCTET_OUT_OF_RANGE'
  return undefined
}

/** RFC 4291 §2.2 forms 1 and 2; form 3 (dotted IPv4 at the end) is refused. */
function findV6Fault(address: string): AddressErrorCode | undefined {
  if (/^[0-9.]+:[0-9]*$/.test(address) && address.includes('.')) return 'PORT'
  if (address.includes('*')) return 'WILDCARD'
  if (/[^0-9a-f:.]/i.test(address)) return /^[a-z0-9._-]+:[0-9]+$/i.test(address) ? 'PORT' : 'BAD_CHARACTER'
  if (address.includes('.')) return 'EMBEDDED_IPV4'
  if (/:::/.test(address) || address.split('::').length > 2) return 'SEVERAL_GAPS'
  if (/^:(?!:)|(?<!:):$/.test(address)) return 'STRAY_COLON'
  const groups = address.split(/::?/).filter((group) => group !== '')
  if (groups.some((group) => group.length > 4)) return 'GROUP_TOO_LONG'
  // A gap stands for one group at least (RFC 4291 §2.2).
  const fits = address.includes('::') ? groups.length <= 7 : groups.length === 8
  return fits ? undefined : 'GROUP_COUNT'
}

function findLengthFault(length: string, max: 32 | 128): AddressErrorCode | undefined {
  if (length === '') return 'LENGTH_MISSING'
  if (/^[0-9]+(\.[0-9]+)+$/.test(length) || (length.includes(':') && /^[0-9a-f:.]+$/i.test(length))) return 'LENGTH_NETMASK'
  if (!/^[0-9]+$/.test(length)) return 'LENGTH_NOT_DECIMAL'
  if (length.length > 1 && length.startsWith('0')) return 'LENGTH_LEADING_ZERO'
  return length.length > 3 || Number(length) > max ? 'LENGTH_OUT_OF_RANGE' : undefined
}
