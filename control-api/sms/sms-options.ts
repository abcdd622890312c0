import { Type } from 'typebox'
import { option } from '../../rules/config/option-table.ts'

const count = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const text = (maxLength: number) => Type.String({ maxLength })
const pathOrNull = Type.Union([Type.String({ minLength: 1 }), Type.Null()])
const sender = Type.Union([Type.Literal('smpp'), Type.Literal('http')])
const method = Type.Union([Type.Literal('POST'), Type.Literal('GET'), Type.Literal('PUT')])

/** How SMS leave. Secrets stand in files alone. */
export const SMS_OPTIONS = {
  'sms.order': option(
    Type.Array(sender, { maxItems: 2 }),
    [],
    'Gateways in the order in which they are tried: `smpp`, `http`; empty: no SMS, and no one-time codes.',
  ),
  'sms.accents': option(
    Type.Boolean(),
    true,
    'Send Vietnamese with its accents (UCS-2, 70 characters a message); false sends plain letters (GSM 7 bit, 160).',
  ),
  'sms.keepDays': option(
    count(1, 3650),
    90,
    'Days that the fate of a message is kept; phone and text go as soon as it has left.',
  ),
  'sms.smpp.host': option(text(255), '', 'Message centre of the SMPP 3.4 gateway.'),
  'sms.smpp.port': option(count(1, 65_535), 2775, 'Its port; with TLS mostly 3550.'),
  'sms.smpp.tls': option(Type.Boolean(), false, 'Speak TLS with it. Without, let the way there be a tunnel.'),
  'sms.smpp.caFile': option(pathOrNull, null, 'Certificates (PEM) to trust in place of the usual ones.'),
  'sms.smpp.systemId': option(text(15), '', 'Name to log in with.'),
  'sms.smpp.passwordFile': option(pathOrNull, null, 'File of the password (mode 0600), read at each log-in.'),
  'sms.smpp.systemType': option(text(12), '', 'System type, where the provider asks for one.'),
  'sms.smpp.sourceAddress': option(text(20), '', 'Sender that phones show: brand name or short code.'),
  'sms.smpp.sourceTon': option(count(0, 6), 5, 'Type of that sender: 5 a name, 3 a short code, 1 an international number.'),
  'sms.smpp.sourceNpi': option(count(0, 18), 0, 'Numbering plan of that sender: 0 for a name, 1 for a number.'),
  'sms.smpp.window': option(count(1, 100), 10, 'Messages under way without an answer.'),
  'sms.smpp.perSecond': option(
    count(1, 1000),
    20,
    'Messages a second at most, parts of long ones counted each; what the provider allows.',
  ),
  'sms.smpp.enquireLinkS': option(count(1, 600), 30, 'Seconds between two signs of life.'),
  'sms.smpp.responseTimeoutS': option(count(1, 60), 10, 'Seconds until a missing answer counts as none.'),
  'sms.http.url': option(
    text(2000),
    '',
    'Gateway that takes HTTP requests; here, in headers and in the body `{phone}`, `{text}`, `{id}`, `{minutes}` (that it is worth anything), `{secret}` and `{receiptSecret}` are filled in.',
  ),
  'sms.http.method': option(method, 'POST', 'Method of the request.'),
  'sms.http.headers': option(Type.Record(Type.String(), text(2000)), {}, 'Headers of the request, by name.'),
  'sms.http.contentType': option(text(100), 'application/json', 'Media type of the body; says how text is written into it.'),
  'sms.http.body': option(text(10_000), '{"to":"{phone}","text":"{text}","id":"{id}"}', 'Body of the request.'),
  'sms.http.secretFile': option(pathOrNull, null, 'File (mode 0600) of what `{secret}` stands for, read for each message.'),
  'sms.http.successPattern': option(text(500), '', 'Regular expression that the body of a good answer matches; empty: any 2xx.'),
  'sms.http.idPattern': option(text(500), '', 'One whose first group is the id of the message.'),
  'sms.http.perSecond': option(count(1, 1000), 20, 'Messages a second at most; what the provider allows.'),
  'sms.http.receiptSecretFile': option(
    pathOrNull,
    null,
    'File (mode 0600) of what the gateway must send with each receipt to `/v1/sms/receipts`; none are taken without.',
  ),
  'sms.http.receiptId': option(
    text(100),
    'id',
    'Where a receipt names the message, by our `{id}` or by the gateway’s own: a field, or a path in JSON as `results.0.id`.',
  ),
  'sms.http.receiptState': option(text(100), 'state', 'Where a receipt tells what became of it.'),
  'sms.http.receiptDelivered': option(
    text(500),
    '^(1|DELIVRD|delivered)$',
    'Regular expression of states that say: on the phone. The default knows Kannel.',
  ),
  'sms.http.receiptFailed': option(
    text(500),
    '^(2|16|UNDELIV|EXPIRED|DELETED|REJECTD|undelivered|failed|rejected|expired)$',
    'One of states that say: never. Any other state is not the last.',
  ),
  'sms.http.timeoutS': option(count(1, 60), 10, 'Seconds until a missing answer counts as none.'),
  'sms.http.allowPlain': option(Type.Boolean(), false, 'Take an address without TLS that is not on this machine.'),
} as const
