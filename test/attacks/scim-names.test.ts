import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { stage } from '../support/scene.ts';
import { ENTRA, OKTA, SCIM_CONFIG, scimClient, USER } from '../support/scim.ts';

/** On a store with several connections: SQLite has one, on which what belongs together comes together by itself. */
describe('names of people', () => {
  let server: PostgresServer;
  let postgres: string;
  beforeAll(async () => {
    server = await startPostgres();
    postgres = await server.database();
  });
  afterAll(() => server.stop());
  const scene = stage(() => ({
    ...{ postgres, withoutRelyingParty: true },
    config: { ...SCIM_CONFIG, signInWith: { names: ['username', 'email'] } },
  }));
  const entra = scimClient(() => scene.gateway.url, ENTRA);
  const okta = scimClient(() => scene.gateway.url, OKTA);
  let last = 0;
  const fresh = (): string => {
    last += 1;
    return `target${last}@uni.example`;
  };

  it('lets one of a hundred have a mail address, or be called something, however many come at once', async () => {
    const won = (replies: readonly { status: number; body: object }[]) => {
      const lost = replies.filter(({ status }) => status !== 201 && status !== 200);
      expect(lost.map(({ status, body }) => [status, 'scimType' in body && body.scimType])).toEqual(
        lost.map(() => [409, 'uniqueness']),
      );
      return replies.length - lost.length;
    };
    const create = (more: object) => () => entra.post('/Users', { schemas: [USER], userName: fresh(), ...more });
    const many = (one: () => ReturnType<typeof entra.post>) => Promise.all(Array.from({ length: 100 }, one));
    const [address, externalId] = [fresh(), fresh()];
    expect(won(await many(create({ emails: [{ value: address }] })))).toBe(1);
    expect(await entra.find(`emails.value eq "${address}"`)).toHaveLength(1);
    expect(won(await many(create({ externalId })))).toBe(1);
    expect(await entra.find(`externalId eq "${externalId}"`)).toHaveLength(1);
    // One’s user name, another’s mail address.
    const both = fresh();
    const asName = () => entra.post('/Users', { schemas: [USER], userName: both });
    const asAddress = create({ emails: [{ value: both }] });
    expect(won(await Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 ? asName() : asAddress()))))).toBe(1);
    // Those who are there already.
    const people = await Promise.all(Array.from({ length: 20 }, () => entra.add(fresh())));
    for (const [path, value] of [
      ['emails', [{ value: fresh() }]],
      ['externalId', fresh()],
    ] as const) {
      expect(
        won(await Promise.all(people.map((id) => entra.patch(`/Users/${id}`, [{ op: 'add', path, value }])))),
      ).toBe(1);
    }
    // Another client calls its own people as it likes.
    await okta.add(fresh(), { externalId });
  });
});
