import type { Advice } from './advice.ts'

const SEE_WATCH = 'journalctl -u edgeward-watch -n 50'
const TELL_CENTRAL: Advice = {
  vi: 'Cổng vẫn dùng bản đã nhận trước đó. Báo trung tâm nếu còn lặp lại; xem agent có đang chạy và ghi được vào gate.dir không.',
  en: 'The gate goes on with what it took before. See whether the agent runs and can write into gate.dir; if it stays, tell central IT.',
}
const CLOCK: Advice = {
  vi: 'Việc chặn theo ngày vẫn giữ nguyên. Chỉnh đồng hồ máy này bằng NTP.',
  en: 'What a date has switched stays switched. Set the clock of this host by NTP.',
}
const BEGUN_ANEW: Advice = {
  vi: 'Đã bắt đầu lại từ đầu, không phải làm gì. Nếu còn lặp lại sau khi khởi động lại, kiểm tra đĩa.',
  en: 'It was begun anew and needs no hand. If it comes again after a restart, look at the disk.',
}
const STATE: Advice = {
  vi: 'Việc đếm và cổng vẫn chạy, nhưng sẽ quên những gì chưa ghi khi khởi động lại. Giải phóng đĩa hoặc sửa quyền của watch.stateDir; watch tự thử lại.',
  en: 'Counting and the gate go on, but a restart forgets what is not saved. Make room on the disk, or put the rights of watch.stateDir right; watch tries again by itself.',
}
const SHIPPED_HAPROXY: Advice = {
  vi: 'So edgeward.cfg và edgeward-gate.lua trên máy này với bản kèm theo phiên bản đang cài (docs/haproxy), rồi systemctl reload haproxy.',
  en: 'Compare edgeward.cfg and edgeward-gate.lua of this host with those of the version installed (docs/haproxy), then systemctl reload haproxy.',
}

/** What to do about faults of `watch` and its gate, by code. */
export const WATCH_ADVICE: Readonly<Record<string, Advice>> = {
  WATCH_AWAY: {
    vi: `Danh sách địa chỉ vẫn còn hiệu lực, nhưng không ai đếm nhật ký và cổng không kiểm tra tài khoản. systemctl status edgeward-watch; ${SEE_WATCH}; nếu tiến trình bị treo: systemctl restart edgeward-watch.`,
    en: `The list of addresses stays in force, but nobody counts the logs and the gate judges no account. systemctl status edgeward-watch; ${SEE_WATCH}; if it hangs: systemctl restart edgeward-watch.`,
  },
  WATCH_ANSWER: {
    vi: 'Trên watch.socket là một chương trình khác hoặc phiên bản khác. Cài agent và watch cùng phiên bản rồi khởi động lại cả hai.',
    en: 'What answers on watch.socket is another program or version. Install agent and watch of one version and restart both.',
  },
  LOG_UNREADABLE: {
    vi: 'Tài khoản trong nhật ký ấy không được đếm. Cho người dùng edgeward-watch quyền đọc tệp và vào các thư mục phía trên; watch tự thử lại.',
    en: 'Accounts of that log are not counted. Let the user edgeward-watch read the file and enter the folders above it; watch tries again by itself.',
  },
  SYSLOG_UNUSABLE: {
    vi: 'Dòng nhật ký gửi đến đó bị mất. Xem thư mục của socket có tồn tại và thuộc về edgeward-watch không (systemd/install tạo /run/edgeward-log); watch tự thử lại.',
    en: 'Lines sent there are lost. See that the folder of the socket is there and of edgeward-watch (systemd/install makes /run/edgeward-log); watch tries again by itself.',
  },
  THREAD_FAILED: {
    vi: `Việc đọc nhật ký đã được khởi động lại từ chỗ đã lưu. Nếu còn lặp lại, gửi cho trung tâm kết quả của: ${SEE_WATCH}.`,
    en: `Reading was started again where it had saved its place. If it comes again, send central IT what this says: ${SEE_WATCH}.`,
  },
  POSITIONS_BROKEN: BEGUN_ANEW,
  COUNTS_BROKEN: BEGUN_ANEW,
  FLAGS_BROKEN: BEGUN_ANEW,
  STATE_UNWRITABLE: STATE,
  STATE_UNREADABLE: STATE,
  ACTION_CAP: {
    vi: 'Những tài khoản nêu trên chỉ được ghi tên, chưa bị xử lý. Xem agent why <tài khoản>; nếu là cảnh báo thật, nâng giới hạn trong watch.policy.caps.',
    en: 'The accounts it is about are only named, not acted on. Ask agent why <account>; if they are real, raise the limit in watch.policy.caps.',
  },
  EXEMPTION_ENDED: {
    vi: 'Gia hạn ngoại lệ nêu trên, hoặc bỏ khỏi watch.policy.exemptions, rồi khởi động lại edgeward-watch.',
    en: 'Extend the exemption it names, or take it out of watch.policy.exemptions, and restart edgeward-watch.',
  },
  CLOCKS_DISAGREE: {
    vi: 'Chỉnh đồng hồ của các máy ghi nhật ký bằng NTP.',
    en: 'Set the clocks of the hosts that write the logs by NTP.',
  },
  GATE_POLICY_MISSING: {
    vi: 'Chính sách mặc định đang được dùng. Xem agent có chạy, đã đăng ký, và gate.dir có tồn tại không; trung tâm: control policy list.',
    en: 'The default policy holds. See that the agent runs and is enrolled and that gate.dir is there; at central: control policy list.',
  },
  GATE_POLICY_FILE: {
    vi: 'Chạy agent check-policy trên tệp của gate.policyFile, sửa các lỗi nêu ra, rồi khởi động lại edgeward-watch.',
    en: 'Run agent check-policy on the file of gate.policyFile, put right what it names, and restart edgeward-watch.',
  },
  GATE_DOCUMENT_UNUSABLE: TELL_CENTRAL,
  GATE_DOCUMENT_OLD: {
    vi: 'Cổng vẫn dùng bản mới hơn đã nhận. Có người chép tệp cũ vào gate.dir, hoặc trung tâm đã khôi phục từ bản sao lưu cũ: báo trung tâm.',
    en: 'The gate goes on with the newer one. Somebody copied an old file into gate.dir, or central was restored from an old backup: tell central IT.',
  },
  GATE_DOCUMENT_GONE: {
    vi: 'Bản đã nhận vẫn được dùng cho đến khi khởi động lại. Đừng khởi động lại edgeward-watch trước khi agent ghi lại tệp: systemctl restart edgeward-agent.',
    en: 'What was taken holds until a restart. Do not restart edgeward-watch before the agent has written the file again: systemctl restart edgeward-agent.',
  },
  GATE_READER_FAILED: TELL_CENTRAL,
  GATE_KEY_UNUSABLE: {
    vi: 'Danh sách người dùng và quyền OTP chưa được áp dụng. Xem agent có nối được với trung tâm không (khóa lấy từ đó), và gate.key trong gate.dir có đọc được bởi edgeward-watch không.',
    en: 'Lists of users and grants judge nobody. See that the agent reaches central, which gives the key, and that edgeward-watch can read gate.key in gate.dir.',
  },
  GATE_KEY_OPEN: {
    vi: 'Thu hồi quyền đọc của người khác: chmod 0640 gate.key, chown root:edgeward-watch; xem ai đã đổi quyền.',
    en: 'Take the right to read it from everybody: chmod 0640 gate.key, chown root:edgeward-watch; find out who changed it.',
  },
  GATE_LIST_MISSING: {
    vi: 'Quy định ấy chưa kiểm tra ai. Trung tâm phải phát hành danh sách, hoặc tắt quy định trong chính sách.',
    en: 'That rule judges nobody. Central has to publish the list, or to switch the rule off in the policy.',
  },
  GATE_CLOCK_BACK: CLOCK,
  GATE_CLOCK_AHEAD: {
    vi: 'Các mốc ngày có thể đến sớm. Chỉnh đồng hồ máy này bằng NTP; nếu đúng giờ, báo trung tâm: đã lâu không có gì được ký.',
    en: 'Dates may come early. Set the clock of this host by NTP; if it is right, tell central IT that nothing was signed for long.',
  },
  GATE_MARK_BROKEN: BEGUN_ANEW,
  GATE_REHEARSAL_BROKEN: BEGUN_ANEW,
  GATE_SOCKET_IN_USE: {
    vi: 'Tìm tiến trình đang giữ gate.socket (ss -xlp) và dừng nó; cổng tự thử lại.',
    en: 'Find who holds gate.socket (ss -xlp) and stop it; the gate tries again by itself.',
  },
  GATE_SOCKET_UNUSABLE: {
    vi: 'Proxy không hỏi được cổng. Xem thư mục của gate.socket có tồn tại và thuộc về edgeward-watch không (systemd/install tạo nó); cổng tự thử lại.',
    en: 'Proxies cannot ask the gate. See that the folder of gate.socket is there and of edgeward-watch (systemd/install makes it); the gate tries again by itself.',
  },
  GATE_HAPROXY_AWAY: {
    vi: 'HAProxy vẫn dùng bảng đã có. systemctl status haproxy; xem dòng stats socket trong edgeward.cfg và nhóm edgeward-watch.',
    en: 'HAProxy goes on with the maps it has. systemctl status haproxy; look at stats socket in edgeward.cfg and its group edgeward-watch.',
  },
  GATE_HAPROXY_REFUSED: SHIPPED_HAPROXY,
  GATE_HAPROXY_UNJUDGED: {
    vi: 'Nếu chỉ có ngay sau khi khởi động, không phải làm gì. Nếu còn tiếp tục: nhật ký của HAProxy nêu lỗi; so edgeward-gate.lua với bản kèm theo (docs/haproxy).',
    en: 'Right after a start it needs no hand. If it goes on, the log of HAProxy tells the error; compare edgeward-gate.lua with the one shipped (docs/haproxy).',
  },
}
