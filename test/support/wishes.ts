/**
 * What a sign-in must come to, written down a second time from docs/reference/policy.md: by session, remembered device,
 * rule and what the application asks for. Tests hold the gateway against it.
 */

export const SFA = 'https://refeds.org/profile/sfa';
export const MFA = 'https://refeds.org/profile/mfa';

/** `second`: password and code of a moment ago; `old`: both of twenty minutes ago; `passkey`: that alone. */
export const SESSIONS = ['none', 'password', 'second', 'old', 'passkey'] as const;
export const DEVICES = ['none', 'remembered'] as const;
/** `default`: no rule names the application; `mfa`: a rule that says nothing of remembering. */
export const RULES = ['sfa', 'default', 'mfa', 'never', 'remember'] as const;

/** What an application can ask for, whatever its protocol calls it. */
export interface Wish {
  /** Greatest age in seconds. */
  maxAge?: number;
  login?: boolean;
  silent?: boolean;
  acr?: 'essential' | 'voluntary';
}

export interface Row {
  session: (typeof SESSIONS)[number];
  device: (typeof DEVICES)[number];
  rule: (typeof RULES)[number];
  wish: Wish;
}

export type Step = 'first' | 'second';

export type Result =
  | { asked: Step[]; acr: string; amr: string[] /** The first factor was given in this very request. */; anew: boolean }
  | { asked: []; refused: Step };

/** Age of proofs of an `old` session, seconds; `maxAge` of a test lies between it and the others'. */
export const OLD = 20 * 60;
export const WITHIN = 10 * 60;

interface Held {
  method: 'password' | 'code' | 'passkey';
  old: boolean;
}

const HELD: Readonly<Record<Row['session'], readonly Held[]>> = {
  none: [],
  password: [{ method: 'password', old: false }],
  second: [
    { method: 'password', old: false },
    { method: 'code', old: false },
  ],
  old: [
    { method: 'password', old: true },
    { method: 'code', old: true },
  ],
  passkey: [{ method: 'passkey', old: false }],
};

const AMR: Readonly<Record<Held['method'], readonly string[]>> = {
  password: ['pwd'],
  code: ['otp'],
  passkey: ['pop', 'user'],
};

const isFirst = ({ method }: Held): boolean => method !== 'code';
const isSecond = ({ method }: Held): boolean => method !== 'password';

/** Which of the session's proofs count. */
function counting({ session, rule, wish }: Row): Held[] {
  const never = rule !== 'sfa' && rule !== 'remember';
  return HELD[session].filter((held) => {
    if (wish.maxAge === 0) return false;
    if (wish.maxAge !== undefined && held.old) return false;
    if (wish.login && isFirst(held)) return false;
    return !(never && isSecond(held));
  });
}

export function expected(row: Row): Result {
  const { session, device, rule, wish } = row;
  const wanted = rule !== 'sfa' || wish.acr !== undefined;
  const held = counting(row);
  const asked: Step[] = [];
  const remembered = device === 'remembered' && (rule === 'sfa' || rule === 'remember');
  if (!held.some(isFirst)) {
    asked.push('first');
    held.push({ method: session === 'passkey' ? 'passkey' : 'password', old: false });
  }
  const standsIn = wanted && !held.some(isSecond) && remembered;
  if (wanted && !held.some(isSecond) && !remembered) {
    asked.push('second');
    held.push({ method: 'code', old: false });
  }
  const [refused] = asked;
  if (wish.silent && refused) return { asked: [], refused };
  const mfa = standsIn || held.some(isSecond);
  const level = held.some(({ method }) => method === 'passkey') ? 'phr' : mfa ? MFA : SFA;
  return {
    asked,
    acr: wish.acr ? MFA : level,
    amr: [...new Set([...held.flatMap(({ method }) => AMR[method]), ...(mfa ? ['mfa'] : [])])].sort(),
    anew: asked.includes('first'),
  };
}

/**
 * Every row there is of a kind of session and these wishes with `npm run test:long`. Else one of four, so that still
 * any two of session, device, rule and wish meet, and each rule meets each wish with the device and without.
 */
export function rowsOf(session: Row['session'], wishes: readonly Wish[]): Row[] {
  const s = SESSIONS.indexOf(session);
  const all = DEVICES.flatMap((device, d) =>
    RULES.flatMap((rule, r) =>
      wishes.map((wish, w) => ({ row: { session, device, rule, wish }, nth: s + 2 * d + r + w })),
    ),
  );
  return all.flatMap(({ row, nth }) => (process.env.TESTS === 'long' || nth % 4 === 0 ? [row] : []));
}
