import { factorPorts } from '../../../../../test/support/outside.ts';
import { person } from '../../../../../test/support/people.ts';
import type { Account, Credential } from '../../../../core/account.ts';
import type { AuditEvent } from '../../../../core/door.ts';
import type { FactorDesk } from '../../../../core/factor-desk.ts';
import { createSealer } from '../../../../core/seal.ts';
import totp from '../../index.ts';
import { type Data, type Enrolled, settings } from '../../schemas.ts';
import { createTokens } from '../store.ts';
import { memoryRecords } from './records.ts';

/** The factor with its tokens, the accounts alice and bob, and what commands are given. */
export function desk(given: Record<string, unknown> = {}, start = 0) {
  const clock = { now: start };
  const [records, sealer] = [memoryRecords(), createSealer(new Uint8Array(32).fill(7))];
  const factor = totp.create(
    settings.parse(given),
    factorPorts(() => clock.now, { records, sealer }),
  );
  const accounts = [person('id-alice', { username: 'alice' }), person('id-bob', { username: 'bob' })] as const;
  const credentials: Enrolled[] = [];
  const lookups = new Set<string>();
  const audited: AuditEvent[] = [];
  const it: FactorDesk<Data> = {
    records,
    sealer,
    state: { get: async () => undefined, set: async () => false },
    now: () => clock.now,
    random: (bytes) => new Uint8Array(bytes).fill(1),
    account: async (login) => accounts.find(({ username }) => username === login),
    accountById: async (id) => accounts.find((account) => account.id === id),
    credentials: async ({ id }) => credentials.filter(({ account }) => account === id),
    async add({ id: account }, { name, data, lookup = [] }) {
      if (lookup.some((key) => lookups.has(key))) return { key: 'method-taken' };
      for (const key of lookup) lookups.add(key);
      const id = `c${credentials.length + 1}`;
      credentials.push({ id, account, factor: 'totp', name, data, createdAt: 0, version: 1 });
      return id;
    },
    async remove({ id: account }, id) {
      const at = credentials.findIndex((one) => one.id === id && one.account === account);
      const [gone] = at === -1 ? [] : credentials.splice(at, 1);
      if (gone && 'serial' in gone.data) lookups.delete(`token:${gone.data.serial}`);
      return gone !== undefined;
    },
    issue: () => Promise.reject(new Error('nothing is issued here')),
    audit: async (event) => void audited.push(event),
  };
  return {
    ...{ clock, records, factor, credentials, audited },
    desk: it,
    tokens: createTokens(it),
    alice: accounts[0],
    bob: accounts[1],
  };
}

export type Scene = ReturnType<typeof desk>;

/** Runs a command as the command line does. */
export async function run(
  scene: Scene,
  name: string,
  args: string[] = [],
  options: Record<string, string> = {},
  stdin?: string,
) {
  const command = totp.commands?.find((one) => one.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return await command.run(scene.desk, { args, options, ...(stdin === undefined ? {} : { stdin }) });
}

/** The account's credential for a token, as the store has it. */
export function heldBy(scene: Scene, account: Account): Credential<Data>[] {
  return scene.credentials.filter((credential) => credential.account === account.id);
}
