import { GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import type { GatePolicy } from '../../rules/gate/policy-options.ts'

/** A refusal in the portal's own form. */
export function refusalText(reason: GateReason, contact: GatePolicy['contact']): string {
  const { maKetQua, vi, en } = GATE_REASONS[reason]
  return JSON.stringify({ maKetQua, ghiChu: `${vi} ${contact.vi}`, ghiChuEn: `${en} ${contact.en}`, lyDo: reason })
}

/** JSON that a header can carry: every other character escaped. */
export function asciiJson(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
