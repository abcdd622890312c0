import { describe, expect, it } from 'vitest'
import { parseControlConfig } from '../../../control-api/config/parse-control-config.ts'

describe('options of SMS and one-time codes', () => {
  it.each([
    ['sms: {order: [smpp]}', 'sms.smpp.host: is needed', 'a gateway without a place'],
    ['sms: {order: [http, http]}', 'sms.order: names a gateway twice', 'the same one twice'],
    ['sms: {order: [http], http: {url: "http://sms.example/x"}}', 'sms.http.url: has no TLS', 'a secret in the clear'],
    [
      'sms: {order: [http], http: {url: "https://{secret}.example/"}}',
      'sms.http.url: is not an http',
      'a host that a text could name',
    ],
    ['sms: {http: {idPattern: "("}}', 'sms.http.idPattern: is not a regular expression', 'a broken pattern'],
    ['otp: {trustedProxies: [10.0.0.1/8]}', 'otp.trustedProxies: "10.0.0.1/8" is no address or prefix', 'host bits'],
    ['otp: {perOfficerQuarterHour: 50}', 'otp.perOfficerDay: must not be less', 'a day shorter than a quarter of an hour'],
  ])('refuses %s', (text, words) => {
    expect(() => parseControlConfig(text)).toThrow(words)
  })

  it.each(['http://127.0.0.1:13013/send', 'https://sms.example/?to={phone}'])('takes %s', (url) => {
    expect(parseControlConfig(`sms: {order: [http], http: {url: "${url}"}}`).sms.http.url).toBe(url)
  })
})
