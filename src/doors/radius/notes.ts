import type { LogPort } from '../../core/door.ts';
import type { ArrivalMeter } from '../../core/listening.ts';
import type { SeenClients, Sight } from './seen.ts';
import type { RadiusClient } from './settings.ts';

/** How often the same is said of one client, milliseconds. */
const QUIET = 60_000;

/** What an operator is told of a client, and what to do about it. */
const WORDS = {
  malformed: 'a packet is malformed, and was dropped',
  unauthentic: 'a packet’s Message-Authenticator is wrong, and it was dropped: are the secrets the same?',
  unprotected: 'a request has no Message-Authenticator, and was dropped: turn it on there',
  'proxy-state': 'a request has Proxy-State and no Message-Authenticator, and was dropped: turn it on there',
  incomplete: 'a request lacks a name, a password or who sends it, and was dropped',
  crowded: 'more packets came than are looked at, and were dropped',
  overloaded: 'more is under way than this process does at once, and a request was dropped',
  connections: 'more connections came than are taken, and one was refused',
  tls: 'a connection brought no TLS 1.2 or 1.3 in time',
  slow: 'a connection was ended whose packets come too slowly',
  certificate: 'a connection was refused: no client with this address has its certificate, or that isn’t good now',
  unsupported: 'a packet is of a kind that isn’t taken at this port, and was dropped',
  eap: 'EAP was refused: set the client to PAP',
  chap: 'CHAP was refused: set the client to PAP',
  'ms-chap': 'MS-CHAP was refused: set the client to PAP (Cisco ASA: no password-management)',
  'repeats-password':
    'the password came again as the answer to a challenge, which this client can’t show: set challenge: false, and oneField',
  unavailable: 'a request wasn’t answered, so that the client asks another node: a store or directory is away',
} as const;

export type Note = keyof typeof WORDS;

/** What is kept for good of what is counted. */
const SIGHTS: Readonly<Record<string, Sight>> = {
  unauthentic: 'unauthentic',
  unprotected: 'unprotected',
  'proxy-state': 'unprotected',
  'unprotected-taken': 'unprotected',
  'protected-taken': 'protected',
  ...{ eap: 'unreadable', chap: 'unreadable', 'ms-chap': 'unreadable' },
  ...{ accepted: 'accepted', accounted: 'accounted' },
};

interface Needs {
  log: LogPort;
  meter: ArrivalMeter;
  seen: Pick<SeenClients, 'saw'>;
  now(): number;
}

/** What becomes of packets, counted each and said in the log once in a while. */
export function createNotes({ log, meter, seen, now }: Needs) {
  const said = new Map<string, number>();

  /** `from`: the address that it came from. */
  function count(outcome: string, client?: RadiusClient, from?: string): void {
    meter.count(outcome, client?.id);
    const sight = SIGHTS[outcome];
    if (client && sight) seen.saw(client.id, sight, from);
  }

  return {
    count,

    /** Without a client where it isn't known. */
    tell(client: RadiusClient | undefined, note: Note, facts: Readonly<Record<string, unknown>> = {}): void {
      count(note, client, typeof facts.from === 'string' ? facts.from : undefined);
      const [key, at] = [`${client?.id} ${note}`, now()];
      if (at - (said.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
      // As many as clients times words: the configuration's, not a stranger's.
      said.set(key, at);
      log.warn({ ...(client && { application: client.id }), why: note, ...facts }, WORDS[note]);
    },
  };
}

export type Notes = ReturnType<typeof createNotes>;
