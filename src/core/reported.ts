/** What somebody says wasn't them: a sign-in, or a request to confirm one; `at` in epoch milliseconds. */
export interface Reported {
  what: 'sign-in' | 'request';
  at: number;
  application?: string;
  /** Of whoever it was, as far as it is known. */
  ip?: string;
  userAgent?: string;
  factor?: string;
}
