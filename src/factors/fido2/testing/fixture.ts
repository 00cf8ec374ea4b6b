import { factorPorts } from '../../../../test/support/outside.ts';
import { person } from '../../../../test/support/people.ts';
import type { Account, Credential } from '../../../core/account.ts';
import type { FactorContext } from '../../../core/challenge.ts';
import type { FactorPorts } from '../../../core/factor-ports.ts';
import {
  type Ceremony,
  type CreationOptions,
  type Making,
  type RequestOptions,
  SoftwareAuthenticator,
} from '../double.ts';
import fido2 from '../index.ts';
import type { Data, Pending } from '../schemas.ts';
import { aaguidExtension, issue } from './certificates.ts';

export const NOW = Date.parse('2027-01-01T08:00:00Z');
export const ORIGIN = 'https://login.example.edu';

export const ada = person('a1', { username: 'ada@example.edu', name: 'Ada', groups: ['staff'] });

export function fixture(settings: unknown = {}, ports: Partial<FactorPorts> = {}) {
  const clock = { now: NOW };
  const lines: string[] = [];
  const facts: object[] = [];
  const write = (said: object, text: string) => {
    lines.push(text);
    facts.push(said);
  };
  const log = { debug: write, info: write, warn: write, error: write };
  const given = { issuer: ORIGIN, applications: ['payroll', 'library'], log, ...ports };
  const all = factorPorts(() => clock.now, given);
  return { clock, lines, facts, ports: all, factor: fido2.create(fido2.settings.parse(settings), all) };
}
export type Fixture = ReturnType<typeof fixture>;

/** Options of a ceremony, as the script gets them: through JSON. */
export function optionsOf<T>(prompt: {
  kind: string;
  options?: unknown;
}): T & { ceremony: string; mediation?: string } {
  if (prompt.kind !== 'ceremony') throw new Error(`a prompt of kind ${prompt.kind}`);
  const { publicKey, ...rest } = JSON.parse(JSON.stringify(prompt.options)) as { publicKey: T; ceremony: string };
  return { ...rest, ...publicKey };
}

/** Makings that only claim to be a model: without a statement, by themselves, and with a certificate of a stranger's. */
export function claimsOf(aaguid: string): readonly Making[] {
  const stranger = issue({ extensions: [aaguidExtension(aaguid)] });
  return [
    { format: 'none', aaguid },
    { format: 'self', aaguid },
    { format: 'packed', aaguid, attestation: { leaf: stranger } },
  ];
}

export interface Enrolling {
  making?: Making;
  ceremony?: Ceremony;
  account?: Account;
  existing?: Credential<Data>[];
  context?: FactorContext;
  name?: string;
}

/** Enrols with a new authenticator, as the journey does: through the schema of what it keeps. */
export async function enrolling(made: Fixture, wish: Enrolling = {}) {
  const { making, ceremony, account = ada, existing = [], context, name } = wish;
  const challenge = await made.factor.enrols?.begin(account, existing, context);
  if (challenge === undefined) throw new Error('it enrols nobody');
  const device = new SoftwareAuthenticator(ORIGIN, making);
  const answer = device.create(optionsOf<CreationOptions>(challenge.prompt), ceremony);
  const pending = fido2.pending.parse(challenge.pending);
  const result = await made.factor.enrols?.confirm(pending, { ...answer, ...(name === undefined ? {} : { name }) });
  return { device, pending, answer, result };
}

/** The credential of a successful enrolment, as the store gives it back. */
export async function enrolled(made: Fixture, wish: Enrolling & { id?: string } = {}) {
  const { device, result } = await enrolling(made, wish);
  if (result?.outcome !== 'confirmed') throw new Error(`not confirmed: ${JSON.stringify(result)}`);
  const credential: Credential<Data> = {
    id: wish.id ?? 'c1',
    account: (wish.account ?? ada).id,
    factor: 'fido2',
    name: result.name,
    data: fido2.credential.parse(JSON.parse(JSON.stringify(result.data))),
    createdAt: NOW,
    version: 1,
  };
  return { device, credential };
}

export interface Using {
  ceremony?: Ceremony;
  credentials?: Credential<Data>[];
  account?: Account;
  context?: FactorContext;
}

/** Uses a credential as a second factor. */
export async function using(made: Fixture, one: Awaited<ReturnType<typeof enrolled>>, wish: Using = {}) {
  const { ceremony, credentials = [one.credential], account = ada, context } = wish;
  const { prompt, pending } = await made.factor.challenge(account, credentials, context);
  const answer = one.device.get(optionsOf<RequestOptions>(prompt), ceremony);
  return made.factor.verify(fido2.pending.parse(pending), credentials, answer, account, context);
}

/** Opens a sign-in: without a name, as the journey does. */
export async function opening(made: Fixture, one: Awaited<ReturnType<typeof enrolled>>, wish: Using = {}) {
  const { ceremony, credentials = [one.credential], account = ada, context } = wish;
  const begun = await made.factor.opens?.begin();
  if (begun === undefined) throw new Error('it opens nothing');
  const pending: Pending = fido2.pending.parse(begun.pending);
  const answer = one.device.get(optionsOf<RequestOptions>(begun.prompt), ceremony);
  const who = await made.factor.opens?.identify(pending, answer);
  return { who, verdict: await made.factor.verify(pending, credentials, answer, account, context) };
}
