import { createHash, timingSafeEqual } from 'node:crypto';
import type { LimitPort } from '../../../core/limit.ts';
import type { Stored } from '../person.ts';
import { ScimError } from './errors.ts';
import type { ScimSettings } from './settings.ts';

/** A program that calls. Of its secrets only hashes are kept. */
export interface Client {
  readonly name: string;
  readonly over: { readonly groups: readonly string[]; readonly notGroups: readonly string[] };
  readonly gives: readonly string[];
}

/** Wrong tokens from one address in a quarter of an hour; a campus that calls from it has right ones. */
const WRONG = { most: 30, per: 15 * 60_000 };

const hash = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();
const overlap = (some: readonly string[], others: readonly string[]) => some.some((one) => others.includes(one));

/** Whether a person is among those whom this client sees and changes. */
export function isOver({ name, over }: Client, { groups, addedBy }: Pick<Stored, 'groups' | 'addedBy'>): boolean {
  return (addedBy === name || overlap(over.groups, groups)) && !overlap(over.notGroups, groups);
}

function tooMany(retryAfter: number): ScimError {
  const seconds = String(Math.max(1, Math.ceil(retryAfter / 1000)));
  return new ScimError(429, `Too many calls: wait ${seconds} seconds.`, undefined, { 'retry-after': seconds });
}

/** RFC 6750 section 3: without credentials no error is named. */
function unauthorized(given: boolean): ScimError {
  const challenge = `Bearer realm="scim"${given ? ', error="invalid_token"' : ''}`;
  return new ScimError(401, 'Show the secret of a configured client as a bearer token.', undefined, {
    'www-authenticate': challenge,
  });
}

interface Shown {
  authorization?: string;
  address: string;
  limit: LimitPort;
}

/** Tells by whom a call is made, and how often they may. Throws ScimError. */
export function createClients({ clients, budget }: ScimSettings, now: () => number) {
  const known = clients.flatMap(({ secrets, gives, ...client }) =>
    secrets.map((secret) => ({ client: { ...client, gives: gives ?? client.over.groups }, hash: hash(secret) })),
  );

  return async ({ authorization = '', address, limit }: Shown): Promise<Client> => {
    const [, secret] = /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(authorization) ?? [];
    if (secret === undefined) throw unauthorized(false);
    const wrong = { name: 'wrong-tokens', of: address, ...WRONG };
    // Before it is compared: else a right guess would go through however many wrong ones there were.
    const guesses = await limit.read([wrong], now());
    if ((guesses[wrong.name] ?? 0) >= wrong.most) throw tooMany(wrong.per);
    const shown = hash(secret);
    // Every one is compared, so that time doesn't tell which.
    const [found] = known.filter((one) => timingSafeEqual(one.hash, shown));
    if (found === undefined) {
      const counted = await limit.count([wrong]);
      throw counted.allowed ? unauthorized(true) : tooMany(counted.retryAfter);
    }
    const { client } = found;
    const counted = await limit.count([{ name: 'calls', of: client.name, most: budget.calls, per: budget.per }]);
    if (!counted.allowed) throw tooMany(counted.retryAfter);
    return client;
  };
}
