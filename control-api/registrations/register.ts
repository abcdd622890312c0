import { AddressError } from '../../rules/addresses/address-error.ts'
import type { Block } from '../../rules/addresses/block.ts'
import { judgeBlock, type RegistrationPolicy } from '../../rules/addresses/registration-policy.ts'
import { provinceName } from '../../rules/provinces/province-names.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { isWithin, requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import { findHoldings } from './find-holdings.ts'
import type { Claim, Holding } from './holding.ts'
import { insertRegistrations, nextRegistrationId } from './insert-registrations.ts'
import { judgeClaim } from './judge-claim.ts'
import type { Change, RegistrationOrder } from './registration.ts'

/**
 * Registers one block for one unit; it holds the block from here on and is open only when approved.
 * @throws ControlError OTHER_PROVINCE, BLOCK_REFUSED, PERIOD_REFUSED, PROVINCE_UNKNOWN, ALREADY_HELD, HELD_BY_ANOTHER
 */
export async function register(change: Change, order: RegistrationOrder, policy: RegistrationPolicy): Promise<number> {
  requireWithin(change.actor, order.facility, '/body/facility')
  requireWithin(change.actor, order.province, '/body/province')
  requireAllowed(order.block, policy)
  requirePeriod(order, change.atMs)
  if (provinceName(order.province, change.atMs) === undefined) {
    throw new ControlError(
      'PROVINCE_UNKNOWN',
      `Cannot register for province ${JSON.stringify(order.province)}: no province has this code today.`,
      {
        vi: `Không có tỉnh nào mang mã ${JSON.stringify(order.province)} vào ngày hôm nay.`,
      },
    )
  }
  requireFree(order, await findHoldings(change.db, [order.block], change.atMs), (province) => isWithin(change.actor, province))
  const firstId = await nextRegistrationId(change)
  const auditSeq = await change.audit({
    action: 'registration.register',
    target: `registration/${firstId}`,
    dispatch: order.dispatch,
    details: {
      facility: order.facility,
      block: order.block,
      ...(order.sharedReason === null ? {} : { shared: hideIdentifiers(order.sharedReason) }),
    },
  })
  await insertRegistrations(change, [order], { firstId, auditSeq, importId: null, isEndorsed: false })
  return firstId
}

function requireAllowed(block: Block, policy: RegistrationPolicy): void {
  try {
    judgeBlock(block, policy)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    throw new ControlError('BLOCK_REFUSED', `${error.message}.`, { cause: error, facts: { reason: error.code, block } })
  }
}

function requirePeriod(order: RegistrationOrder, nowMs: number): void {
  const { effectiveFromMs, effectiveUntilMs } = order
  if (effectiveUntilMs === null || (effectiveUntilMs > effectiveFromMs && effectiveUntilMs > nowMs)) return
  throw new ControlError('PERIOD_REFUSED', 'Cannot register for this period: it must end after it begins, and not in the past.', {
    vi: 'Ngày hết hiệu lực phải sau ngày bắt đầu và không được ở quá khứ.',
  })
}

/**
 * @param mayName whether holders of this province may be told of; all if left out
 * @throws ControlError ALREADY_HELD, HELD_BY_ANOTHER; both sides are in the problem's `claim` and `holders`
 */
export function requireFree(
  claim: Claim,
  overlapping: readonly Holding[],
  mayName: (province: string) => boolean = () => true,
): void {
  const verdict = judgeClaim(claim, overlapping)
  if (verdict.kind === 'free') return
  const { facility, facilityName, province, block } = claim
  const facts = { claim: { facility, facilityName, province, block } }
  if (verdict.kind === 'held-already') {
    throw new ControlError(
      'ALREADY_HELD',
      `Unit ${facility} holds ${block} already: registration ${verdict.holder.id} is ${verdict.holder.state}.`,
      {
        vi: `Đơn vị ${facility} đã đăng ký ${block} (đăng ký số ${verdict.holder.id}).`,
        facts: { ...facts, holders: [verdict.holder] },
      },
    )
  }
  const holders = verdict.holders.filter((holder) => mayName(holder.province)).slice(0, 20)
  const named = holders.map((holder) => `${holder.facility} (${holder.block}, ${holder.state})`)
  const hasOthers = verdict.holders.some((holder) => !mayName(holder.province))
  const [names, vi] = [
    [...named, ...(hasOthers ? ['a unit of another province (ask central IT)'] : [])].join(', '),
    [...named, ...(hasOthers ? ['đơn vị của tỉnh khác (hãy hỏi Trung tâm CNTT)'] : [])].join(', '),
  ]
  throw new ControlError(
    'HELD_BY_ANOTHER',
    `Unit ${facility} cannot hold ${block}: it overlaps what is held by ${names}. Have it cancelled first, or register a shared exception with its reason.`,
    {
      vi: `${block} trùng với địa chỉ đang thuộc ${vi}. Hủy đăng ký cũ trước, hoặc đăng ký dùng chung kèm lý do.`,
      facts: { ...facts, holders },
    },
  )
}
