import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findOpenPlaces } from '../../../rules/gate/find-open-places.ts'

const shipped = (name: string): string => readFileSync(new URL(`../../../docs/nginx/${name}`, import.meta.url), 'utf8')

/** As `nginx -T` prints a host that includes what is shipped, its site changed by `change`. */
function printed(change: (site: string) => string = (site) => site, more = ''): string {
  return [
    '# configuration file /etc/nginx/nginx.conf:',
    'user www-data; # a comment { with; braces }',
    `events { } http { map $a $b { default "x;{"; '~*a\\'{' y; } include sites-enabled/*; ${more} }`,
    '# configuration file /etc/nginx/sites-enabled/edgeward:',
    change(shipped('edgeward-site.conf')),
    ...['edgeward-log-format.conf', 'edgeward-gate-http.conf', 'edgeward-gate.conf', 'edgeward-portal.conf'].flatMap((name) => [
      `# configuration file /etc/nginx/edgeward/${name}:`,
      shipped(name),
    ]),
  ].join('\n')
}

const into = (text: string) => (site: string) => site.replace('    location / {', `    ${text}\n    location / {`)

const PORTAL = 'include edgeward/edgeward-portal.conf; proxy_pass http://edgeward_portal;'

describe('findOpenPlaces', () => {
  it('finds nothing in what is shipped', () => {
    expect(findOpenPlaces(printed())).toEqual({ servers: 1, locations: 1, open: [] })
  })

  it.each<[string, string, string]>([
    ['location /static { auth_request off; root /srv; }', 'NO_GATE', 'switched off in a location'],
    ['location /a { location /a/b { auth_request off; proxy_pass http://edgeward_portal; } }', 'NO_GATE', 'nested'],
    [
      'location ~ \\.(aspx|ashx)$ { auth_request off; proxy_pass http://edgeward_portal; }',
      'NO_GATE',
      'by expression, with braces in it: {2}'.slice(0, 13),
    ],
    ['location /x { auth_request /other; proxy_pass http://edgeward_portal; }', 'OTHER_GATE', 'somebody else is asked'],
    ['satisfy any;', 'SATISFY_ANY', 'an address list lets by'],
    [`location /x { satisfy any; allow all; ${PORTAL} }`, 'SATISFY_ANY', 'in a location'],
    ["location /ping { return 200 'ok'; }", 'RETURNS_FIRST', 'return runs before auth_request'],
    ['if ($http_x_debug) { return 200 $request_uri; }', 'RETURNS_FIRST', 'in an if of the server'],
    [`location /y { limit_except GET { auth_request off; } ${PORTAL} }`, 'NO_GATE', 'for other methods'],
    ['location /z { proxy_pass http://edgeward_portal; }', 'OTHER_HEADERS', 'a second token goes on'],
    [
      'location /z { proxy_set_header X-Real-IP $remote_addr; proxy_pass http://edgeward_portal; }',
      'OTHER_HEADERS',
      'of its own',
    ],
    [`location /z { ${PORTAL} if ($arg_a) { proxy_pass http://edgeward_portal/b; } }`, 'OTHER_TARGET', 'a path of its own'],
    [`location /z { ${PORTAL.replace('portal;', 'portal$uri;')} }`, 'OTHER_TARGET', 'what nginx has decoded'],
    [`location /z { rewrite ^/z/(.*) /$1 break; ${PORTAL} }`, 'OTHER_TARGET', 'rewritten'],
    [`rewrite ^/z/(.*) /$1;`, 'OTHER_TARGET', 'rewritten in the server'],
  ])('%s: %s, %s', (text, code) => {
    const { open } = findOpenPlaces(printed(into(text)))
    expect([...new Set(open.map((place) => place.code))]).toEqual([code])
    expect(open[0]).toMatchObject({ file: '/etc/nginx/sites-enabled/edgeward' })
  })

  it.each<[string, readonly string[], string]>([
    ['server { listen 80; location / { proxy_pass http://edgeward_portal; } }', ['NO_GATE'], 'another server'],
    ['server { listen 80; root /srv; }', ['NO_GATE'], 'one that serves files'],
    ['server { listen 80 default_server; return 444; }', [], 'one that refuses all'],
    ['server { listen 80; return 301 https://$host$request_uri; }', [], 'one that sends everybody to TLS'],
  ])('%s beside it: %j, %s', (more, codes) => {
    expect(findOpenPlaces(printed(undefined, more)).open.map((place) => place.code)).toEqual(codes)
  })

  it('finds a stream proxy, and tells file and line', () => {
    const text = 'http { }\nstream {\n  server { listen 443; proxy_pass portal; }\n}\n'
    expect(findOpenPlaces(text).open).toEqual([{ code: 'STREAM', where: 'stream', file: '', line: 3 }])
  })
})
