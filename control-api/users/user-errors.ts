/** What is refused of named users and their approvers: HTTP status and title of each problem. */
export const USER_ERRORS = {
  USER_LISTED: { status: 409, title: 'The facility has entered this person already' },
  APPROVER_LISTED: { status: 409, title: 'The province has entered this approver already' },
  NOT_APPROVER: { status: 403, title: 'The assessment centre has not granted the right to approve users of this province' },
  NOTHING_WANTED: { status: 409, title: 'Nothing waits for approval here' },
} as const
