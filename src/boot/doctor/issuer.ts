import type { Finding } from '../../core/finding.ts';
import type { Config } from '../config.ts';
import { sayOf } from './run.ts';
import { clock, fault, good, notice } from './told.ts';

const WITHIN = 4_000;
const DISCOVERY = '/.well-known/openid-configuration';

/** What came back from the address that people and applications use. */
export interface Answer {
  status: number;
  headers: Pick<Headers, 'get'>;
  body: unknown;
  /** When it was asked and when it answered, epoch milliseconds. */
  asked: number;
  answered: number;
}

/** Asks the issuer as an application does, by whatever proxy is before it. */
export async function askIssuer(issuer: string, now: () => number): Promise<Answer> {
  const asked = now();
  const response = await fetch(`${issuer}${DISCOVERY}`, { redirect: 'manual', signal: AbortSignal.timeout(WITHIN) });
  const answered = now();
  const body: unknown = await response.json().catch(() => undefined);
  return { status: response.status, headers: response.headers, body, asked, answered };
}

/** What the answer says of the way to there. */
export function issuerFindings({ issuer, listen }: Pick<Config, 'issuer' | 'listen'>, answer: Answer): Finding[] {
  const { status, headers, body, asked, answered } = answer;
  if (status === 421)
    return [
      fault(
        `${issuer} answers that it is asked for another host`,
        'Have the proxy pass on the header Host as it came.',
      ),
    ];
  if (status >= 300 && status < 400)
    return [
      fault(
        `${issuer} redirects to ${headers.get('location')}`,
        'Give issuer the address that it ends at, or have the proxy pass requests on.',
      ),
    ];
  if (status !== 200)
    return [fault(`${issuer}${DISCOVERY} answers ${status}`, 'See the log of the gateway and of the proxy before it.')];
  const { issuer: named, ...endpoints } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  if (named !== issuer)
    return [fault(`${issuer} is answered by another one: ${String(named)}`, 'See where that name leads.')];
  const elsewhere = Object.entries(endpoints).filter(
    ([key, value]) => key.endsWith('_endpoint') && !String(value).startsWith(`${issuer}/`),
  );
  const date = headers.get('date');
  return [
    good(`${issuer} is reachable, and answers as itself`),
    ...elsewhere.map(([key, value]) =>
      fault(`${key} is ${String(value)}`, 'Have the proxy pass on the header Host as it came.'),
    ),
    ...missing(headers, issuer),
    ...(date === null
      ? []
      : [clock('the issuer', Date.parse(date) + 500, (asked + answered) / 2, answered - asked + 500)]),
    ...(listen.tls === undefined && issuer.startsWith('https:') ? [good('TLS ends before the gateway')] : []),
  ];
}

/** Headers that the gateway sends with every answer: where they are missing, something before it takes them away. */
function missing(headers: Pick<Headers, 'get'>, issuer: string): Finding[] {
  const due = [
    'content-security-policy',
    'x-content-type-options',
    ...(issuer.startsWith('https:') ? ['strict-transport-security'] : []),
  ];
  const gone = due.filter((name) => headers.get(name) === null);
  if (gone.length === 0) return [];
  return [
    fault(`answers come without ${gone.join(', ')}`, 'Have the proxy pass on the headers of answers as they are.'),
  ];
}

/** Where nothing answered: whether a gateway runs here makes the difference. */
export function unreachable(issuer: string, error: unknown, running: boolean): Finding {
  const text = `${issuer} can't be reached from this machine: ${sayOf(error)}`;
  if (!running) return notice(`${text}; no gateway runs here`, 'Start it, and look again.');
  return fault(
    text,
    'Nodes needn’t reach it themselves, but applications and people must: see name, proxy and certificate.',
  );
}
