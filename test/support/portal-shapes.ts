import { anAccessToken } from './access-token.ts'

/** A request as clients of the portal make it, by the shared account of a facility. */
export interface PortalShape {
  /** The first line, without its end. */
  readonly request: string
  readonly headers?: string
  readonly body?: string
  /** Where the account stands; not given: nowhere. */
  readonly account?: 'query' | 'body' | 'header' | 'token'
  /** Of a function that 1923/BHXH-CNTT §1c stops. */
  readonly isOld?: true
}

const TOKEN = anAccessToken('01234_BV')
const NAME = 'username=01234_BV'
const REST = 'password=x&token=t&id_token=i'

function byQuery(path: string, query: string = NAME, method = 'POST'): PortalShape {
  return { request: `${method} ${path}?${query} HTTP/1.1`, account: 'query' }
}

function old(path: string, query: string = NAME): PortalShape {
  return { request: `POST ${path}?${query} HTTP/1.1`, isOld: true }
}

/** The paths, orders of parameters, and places of an account that real clients use. */
export const PORTAL_SHAPES: readonly PortalShape[] = [
  byQuery('/api/token/take'),
  ...[
    '{"username":"01234_BV","password":"x"}',
    '{"Username": "01234_bv", "Password": "x"}',
    "{'UserName':'01234_BV','password':'x'}",
    'username=01234_BV&password=x',
    'Password=x&UserName=01234%5fBV',
  ].map((body): PortalShape => ({ request: 'POST /api/token/take HTTP/1.1', body, account: 'body' })),
  ...[
    `token=t&id_token=i&${NAME}&password=x`,
    `${NAME}&${REST}`,
    `id_token=i&password=x&token=t&${NAME}`,
    `id_token=i&${NAME}&password=x&token=t`,
    'UserName=01234_bv',
    'USERNAME=01234_TC',
    'username=01234',
  ].map((query) => byQuery('/api/egw/KQNhanLichSuKCB2024', query)),
  byQuery('/api/egw/kqnhanlichsukcb2024', NAME, 'GET'),
  { ...byQuery('/api/egw/KQNhanLichSuKCB2024'), body: '{"maThe":"x","hoTen":"y"}' },
  { ...byQuery('/api/egw/KQNhanLichSuKCB2024'), body: 'null' },
  { ...byQuery('/api/egw/Lskcb2025'), body: 'maThe=x&hoTen=y' },
  {
    request: 'POST /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1',
    headers: `accessToken: ${TOKEN}\r\ntokenId: i\r\npasswordHash: x\r\n`,
    account: 'header',
  },
  { request: 'POST /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1', headers: `Authorization: Bearer ${TOKEN}\r\n`, account: 'token' },
  { request: `POST /api/egw/KQNhanLichSuKCB2024?token=${encodeURIComponent(TOKEN)}&id_token=i HTTP/1.1`, account: 'token' },
  byQuery('/api/egw/nhanLichSuKCB'),
  byQuery('/api/egw/ktMathe'),
  byQuery('/api/egw/nhanHoSoKCBChiTiet', `maHoSo=1&${NAME}`, 'GET'),
  byQuery('/api/egw/nhanHoSoKCBChiTiet', `${NAME}&maHoSo=1`, 'GET'),
  ...[
    'egw/guiHoSoGiamDinh4210',
    'egw/guiHoSoGiamDinh130',
    'qd130/x',
    'chungtugw/x',
    'hososuckhoe/x',
    'hssk/gksk',
    'DanhMucGW/x',
  ].map((path) => byQuery(`/api/${path}`)),
  byQuery('/ThongTuyenLSKCB/Index', NAME, 'GET'),
  byQuery('/ThongTuyenLSKCB/CheckMaThe'),
  old('/api/egw/KQNhanLichSuKCB2019'),
  old('/api/egw/NhanLichSuKCB2018'),
  old('/api/egw/nhanLichSuKCB2018', `${REST}&${NAME}`),
  old('/api/egw/KQNhanLichSuKCB2018'),
  old('/api/egw/KQNhanLichSuKCB595'),
  old('/api/egw/KQnhanLichSuKCB595'),
  old('/api/egw/api/egw/NhanLichSuKCB2018'),
  { request: 'GET /api/egw/KQNhanLichSuKCB595 HTTP/1.0', isOld: true },
  { request: `GET http://egw.example/api/egw/KQNhanLichSuKCB2019?${NAME} HTTP/1.1`, isOld: true },
  { request: 'GET /help HTTP/1.1' },
]
