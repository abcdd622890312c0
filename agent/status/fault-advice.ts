import type { Advice } from './advice.ts'
import { WATCH_ADVICE } from './watch-advice.ts'

const ASK_CENTRAL_SHRINK: Advice = {
  vi: 'Danh sách cũ vẫn còn hiệu lực. Hỏi trung tâm: nếu đúng là chủ ý, phát hành lại với lý do và người thứ hai phê duyệt.',
  en: 'The list before stays in force. Ask central IT: if it is meant, they publish again with a reason and the approval of a second person.',
}
const ASK_CENTRAL_WRONG: Advice = {
  vi: 'Danh sách cũ vẫn còn hiệu lực. Báo trung tâm: danh sách này sai và không máy nào nên nhận.',
  en: 'The list before stays in force. Tell central IT: this list is wrong, and no edge should take it.',
}
const NAME_IT: Advice = {
  vi: 'Chưa có gì thay đổi. Ghi địa chỉ nêu trên vào management.prefixes, hoặc nhờ trung tâm duyệt, rồi khởi động lại agent.',
  en: 'Nothing was changed. Name the address above in management.prefixes, or have central IT approve it, and restart the agent.',
}
const DISK: Advice = {
  vi: 'Luật vẫn còn hiệu lực. Giải phóng đĩa hoặc sửa quyền của stateDir; agent tự thử lại.',
  en: 'The rules stay in force. Make room on the disk, or put the rights of stateDir right; the agent tries again by itself.',
}
const TEMPORARY_FOLDER: Advice = {
  vi: 'Luật vẫn còn hiệu lực. Giải phóng thư mục tạm nêu trên hoặc sửa quyền của nó; agent tự thử lại.',
  en: 'The rules stay in force. Make room in the temporary folder named above, or put its rights right; the agent tries again by itself.',
}
const MEMORY_TORN: Advice = {
  vi: 'Luật vẫn còn hiệu lực; danh sách tiếp theo sẽ ghi đè tệp hỏng. Nếu còn lặp lại, kiểm tra đĩa.',
  en: 'The rules stay in force; the next list is written over the broken file. If it comes again, look at the disk.',
}
const TOOL: Advice = {
  vi: 'Luật vẫn còn hiệu lực. Chạy thử công cụ nêu trên (nft, ipset, iptables-restore) trên máy này; agent tự thử lại.',
  en: 'The rules stay in force. See whether the tool named above (nft, ipset, iptables-restore) runs on this host; the agent tries again by itself.',
}
const CENTRAL_AWAY: Advice = {
  vi: 'Danh sách vẫn còn hiệu lực. Kiểm tra đường mạng tới control.url; agent tự nối lại.',
  en: 'The list stays in force. Look at the way to control.url; the agent comes back by itself.',
}

const ADVICE: Readonly<Record<string, Advice>> = {
  LIST_EMPTY: ASK_CENTRAL_SHRINK,
  LIST_SHRINKS: ASK_CENTRAL_SHRINK,
  PROVINCE_LOST: ASK_CENTRAL_SHRINK,
  LIST_ALL_COVERING: ASK_CENTRAL_WRONG,
  REVISION_OLDER: ASK_CENTRAL_WRONG,
  REVISION_REWRITTEN: ASK_CENTRAL_WRONG,
  TARGET_MISMATCH: ASK_CENTRAL_WRONG,
  SESSION_CUT: NAME_IT,
  PROBER_CUT: NAME_IT,
  CONTROL_CUT: NAME_IT,
  PROBE_FAILED: {
    vi: 'Máy đã tự quay về phiên bản trước. Kiểm tra cổng dịch vụ phía sau; không cần sửa luật.',
    en: 'The edge went back to the revision before by itself. Look at the portal behind it; the rules need no hand.',
  },
  REVISION_HELD_BACK: {
    vi: 'Phiên bản trước vẫn còn hiệu lực. Khi cổng dịch vụ đã ổn: agent release <phiên bản> --why …; phiên bản mới hơn được thử ngay.',
    en: 'The revision before stays in force. Once the portal is well: agent release <revision> --why …; a newer revision is tried at once.',
  },
  SWITCH_HELD_BACK: {
    vi: 'Máy này chỉ đếm, chưa chặn. Khi cổng dịch vụ đã ổn: agent release <phiên bản> --why …; phiên bản mới hơn được thử ngay.',
    en: 'This edge only counts and refuses nobody. Once the portal is well: agent release <revision> --why …; a newer revision is tried at once.',
  },
  CLOCK_BACK: {
    vi: 'Việc chặn theo ngày vẫn giữ nguyên. Chỉnh đồng hồ máy này bằng NTP.',
    en: 'What a date has switched stays switched. Set the clock of this host by NTP.',
  },
  NO_WAY_BACK: {
    vi: 'Kiểm tra cổng dịch vụ. Nếu một cơ sở bị chặn nhầm: agent break-glass open <địa chỉ> --for 1h --why …',
    en: 'Look at the portal. If a facility is refused wrongly: agent break-glass open <address> --for 1h --why …',
  },
  STATE_UNWRITABLE: DISK,
  STATE_UNREADABLE: DISK,
  LAST_GOOD_BROKEN: MEMORY_TORN,
  TRUSTED_BROKEN: MEMORY_TORN,
  TRUST_STORE: {
    vi: 'Danh sách vẫn còn hiệu lực, nhưng danh sách mới chưa được nhận. Giải phóng đĩa hoặc sửa quyền của stateDir; nếu khoá gốc đã mất, đăng ký lại bằng mã mới.',
    en: 'The list stays in force, but no new one is taken. Make room on the disk, or put the rights of stateDir right; if the pinned root is lost, enrol again with a new token.',
  },
  INPUT_UNWRITABLE: TEMPORARY_FOLDER,
  NO_TOOL: TOOL,
  NOT_FINISHED: TOOL,
  UNREADABLE: TOOL,
  OUT_OF_MEMORY: {
    vi: 'Luật vẫn còn hiệu lực. Giải phóng bộ nhớ của máy này; agent tự thử lại.',
    en: 'The rules stay in force. Free memory on this host; the agent tries again by itself.',
  },
  CONTROL_UNREACHABLE: CENTRAL_AWAY,
  METADATA_EXPIRED: {
    vi: 'Danh sách vẫn còn hiệu lực. Xem đồng hồ máy này; nếu đúng giờ, báo trung tâm: chữ ký đã hết hạn.',
    en: 'The list stays in force. Look at the clock of this host; if that is right, tell central IT that its signatures have expired.',
  },
  INTERFACE_MISSING: {
    vi: 'Cửa đang mở trên giao diện ấy. Sửa tên trong firewall.interfaces rồi khởi động lại agent.',
    en: 'The door is open on that interface. Put its name right in firewall.interfaces and restart the agent.',
  },
  DRIFT_FOUGHT: {
    vi: 'Luật vẫn được sửa lại mỗi lần. Dừng chương trình nêu trên, hoặc cấu hình để nó không đụng tới bảng inet edgeward.',
    en: 'The rules are put right each time. Stop the program named above, or have it leave the table inet edgeward alone.',
  },
  PROOF_DIFFERS: {
    vi: 'Danh sách đã ký được nạp lại ngay. Nếu còn lặp lại: agent prove, rồi xem ai có quyền sửa tường lửa trên máy này.',
    en: 'The signed list is loaded anew at once. If it comes again: agent prove, and find out who may change the firewall of this host.',
  },
  LISTENER_AWAY: {
    vi: 'Luật vẫn còn hiệu lực và vẫn được kiểm tra định kỳ. Xem nft monitor có chạy được trên máy này không và agent có được mở socket netlink (AF_NETLINK) không; agent tự thử lại.',
    en: 'The rules stay in force and are looked at from time to time. See whether nft monitor runs on this host and the agent may open netlink sockets (AF_NETLINK); the agent tries again by itself.',
  },
  ORDER_UNSAFE: {
    vi: 'Có người đặt tệp lạ vào thư mục lệnh. Xoá tệp ấy và xem ai đã ghi.',
    en: 'Somebody put a strange file among the orders. Remove it, and find out who wrote it.',
  },
}

/** Areas whose faults are those of `watch`: a full disk is another one there. */
const OF_WATCH: readonly string[] = ['watch', 'gate']

/** The advice for a fault; `undefined` where the message says all there is to say. */
export function findAdvice({ area, code }: { readonly area: string; readonly code: string }): Advice | undefined {
  const advice = OF_WATCH.includes(area) ? WATCH_ADVICE : ADVICE
  return Object.hasOwn(advice, code) ? advice[code] : undefined
}
