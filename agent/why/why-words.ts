import type { WhyAnswer } from './why-answer.ts'

type Facts = Omit<WhyAnswer, 'words'>

/** The answer for a person, as an official of a hospital or an administrator would read it. */
export function whyWords(facts: Facts): WhyAnswer['words'] {
  const { source, owners, since } = facts
  const vi: string[] = [`${source}: ${headlineVi(facts)}`]
  const en: string[] = [`${source}: ${headlineEn(facts)}`]
  for (const { facility, provinceLabel, dispatch } of owners) {
    vi.push(`Cơ sở ${facility}, ${provinceLabel}, duyệt theo công văn ${dispatch}.`)
    en.push(`Facility ${facility}, ${provinceLabel}, approved by dispatch ${dispatch}.`)
  }
  if (since !== null) {
    vi.push(
      since.isExact
        ? `Có trong danh sách từ phiên bản ${since.revision}.`
        : `Có trong danh sách ít nhất từ phiên bản ${since.revision}.`,
    )
    en.push(
      since.isExact ? `In the list since revision ${since.revision}.` : `In the list since revision ${since.revision} at least.`,
    )
  }
  return { vi: vi.join('\n'), en: en.join('\n') }
}

function headlineVi({ by, mode, revision, opening, blocked }: Facts): string {
  switch (by) {
    case 'no-rules':
      return 'được vào, vì máy này chưa áp dụng danh sách nào.'
    case 'unknown':
      return `chưa rõ: nhân hệ điều hành giữ phiên bản ${revision} mà agent chưa biết danh sách.`
    case 'management':
      return 'được vào, vì là địa chỉ quản trị; không danh sách nào cắt được.'
    case 'break-glass':
      return `được vào đến ${opening?.until}, do ${opening?.by} mở tạm: ${opening?.why}.`
    case 'blocked':
      return `bị từ chối đến ${blocked?.until}, vì tài khoản ${blocked?.account} bị cảnh báo (${blocked?.rule}).`
    case 'approved':
      return `được vào, có trong danh sách phiên bản ${revision}.`
    case 'stranger':
      return mode === 'observe'
        ? `được vào vì máy này mới chỉ đếm; không có trong danh sách phiên bản ${revision} nên sẽ bị từ chối khi bắt đầu chặn. Cơ sở cần đăng ký địa chỉ này với BHXH tỉnh.`
        : `bị từ chối, vì không có trong danh sách phiên bản ${revision}. Cơ sở cần đăng ký địa chỉ này với BHXH tỉnh.`
  }
}

function headlineEn({ by, mode, revision, opening, blocked }: Facts): string {
  switch (by) {
    case 'no-rules':
      return 'let in, because no list is in force here.'
    case 'unknown':
      return `not known: the kernel holds revision ${revision}, whose list this agent does not know yet.`
    case 'management':
      return 'let in as an address of the administrators; no list can cut it.'
    case 'break-glass':
      return `let in until ${opening?.until}, opened by ${opening?.by}: ${opening?.why}.`
    case 'blocked':
      return `refused until ${blocked?.until}, because account ${blocked?.account} was flagged (${blocked?.rule}).`
    case 'approved':
      return `let in, it is in the list of revision ${revision}.`
    case 'stranger':
      return mode === 'observe'
        ? `let in because this edge only counts; it is not in the list of revision ${revision} and will be refused once that is enforced. The facility must register it with its province.`
        : `refused, it is not in the list of revision ${revision}. The facility must register it with its province.`
  }
}
