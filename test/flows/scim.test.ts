import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { asksPassword, Someone, stage } from '../support/scene.ts';
import { ENTRA, GROUP, SCIM_CONFIG, scimClient, USER } from '../support/scim.ts';

const scene = stage(() => ({ config: SCIM_CONFIG }));
const entra = scimClient(() => scene.gateway.url, ENTRA);

/** A user name that no other test has. */
let last = 0;
const fresh = (): string => {
  last += 1;
  return `person${last}@uni.example`;
};

async function signedIn(username: string): Promise<Someone> {
  await scene.gateway.command('user passwd', [username], {}, PASSWORD);
  const someone = new Someone(scene.gateway, username);
  const page = await someone.enter('library');
  expect(page.url.pathname).toBe('/library');
  return someone;
}
const isOut = async (someone: Someone) => asksPassword(await someone.begin('library'));

describe('a person', () => {
  it('is created, read, replaced, changed and removed (RFC 7644 section 3)', async () => {
    const userName = fresh();
    const created = await entra.post('/Users', {
      schemas: [USER],
      userName,
      externalId: 'bjensen',
      name: { formatted: 'Ms. Barbara J Jensen III', familyName: 'Jensen', givenName: 'Barbara' },
      emails: [
        { value: 'home@example.org', type: 'home' },
        { value: 'babs@uni.example', type: 'work' },
      ],
      phoneNumbers: [{ value: '+886 2 1234 5678', type: 'work' }],
      addresses: [{ type: 'work', streetAddress: '100 Universal City Plaza', locality: 'Hollywood', country: 'USA' }],
      preferredLanguage: 'zh-hant',
    });
    const id = String(created.body.id);
    const location = `${scene.gateway.url}/scim/v2/Users/${id}`;
    const version = created.headers.get('etag');
    expect([created.status, created.headers.get('location')]).toEqual([201, location]);
    expect(version).toMatch(/^W\/"\d+"$/);
    expect(created.headers.get('content-type')).toContain('application/scim+json');
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(created.body).toEqual({
      schemas: [USER],
      id,
      externalId: 'bjensen',
      userName,
      name: { formatted: 'Ms. Barbara J Jensen III', familyName: 'Jensen', givenName: 'Barbara' },
      displayName: 'Ms. Barbara J Jensen III',
      active: true,
      emails: [{ value: 'babs@uni.example', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+886212345678', type: 'work', primary: true }],
      addresses: [
        {
          type: 'work',
          primary: true,
          streetAddress: '100 Universal City Plaza',
          locality: 'Hollywood',
          country: 'USA',
        },
      ],
      locale: 'zh-Hant',
      preferredLanguage: 'zh-Hant',
      groups: [],
      meta: { resourceType: 'User', created: at, lastModified: at, location, version },
    });
    expect((await entra.get(`/Users/${id}`)).body).toEqual(created.body);

    const replaced = await entra.put(`/Users/${id}`, { schemas: [USER], userName, displayName: 'Babs' });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({ displayName: 'Babs', active: true });
    for (const gone of ['externalId', 'emails', 'phoneNumbers', 'addresses', 'locale']) {
      expect(replaced.body).not.toHaveProperty(gone);
    }

    const changed = await entra.patch(`/Users/${id}`, [{ op: 'add', path: 'externalId', value: 'again' }]);
    expect([changed.status, changed.body.externalId, changed.body.displayName]).toEqual([200, 'again', 'Babs']);
    expect((await entra.remove(`/Users/${id}`)).status).toBe(204);
    expect((await entra.get(`/Users/${id}`)).status).toBe(404);
    expect((await entra.remove(`/Users/${id}`)).status).toBe(404);
  });

  it('signs in, and is signed out when they are switched off or removed', async () => {
    const userName = fresh();
    const id = await entra.add(userName, { displayName: 'Grace' });
    const someone = await signedIn(userName);
    const before = await someone.subject('library');
    await entra.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }]);
    expect(await isOut(someone)).toBe(true);
    // Switched on again, the old session is still over.
    await entra.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'True' }]);
    expect(await isOut(someone)).toBe(true);

    const again = await signedIn(userName);
    expect(await again.subject('library')).toBe(before);
    expect((await entra.remove(`/Users/${id}`)).status).toBe(204);
    expect(await isOut(again)).toBe(true);
    // By the same name it is somebody else.
    const next = await entra.add(userName);
    expect(next).not.toBe(id);
    expect(await (await signedIn(userName)).subject('library')).not.toBe(before);
    const told = scene.audit().filter(({ detail }) => JSON.parse(detail).username === userName);
    expect(told.filter(({ detail }) => JSON.parse(detail).by === 'scim:entra').map(({ event }) => event)).toEqual([
      'user.added',
      'user.updated',
      'user.disabled',
      'user.updated',
      'user.enabled',
      'user.removed',
      'user.added',
    ]);
    expect(told.find(({ event }) => event === 'user.removed')?.account).not.toBeNull();
  });

  it('moves to another user name, and the account stays', async () => {
    const [userName, other] = [fresh(), fresh()];
    const id = await entra.add(userName);
    const subject = await (await signedIn(userName)).subject('library');
    expect((await entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: other }])).status).toBe(200);
    expect(await (await signedIn(other)).subject('library')).toBe(subject);
    // The former name is free.
    expect(await entra.add(userName)).not.toBe(id);
    const taken = await entra.patch(`/Users/${id}`, [
      { op: 'replace', path: 'userName', value: userName.toUpperCase() },
    ]);
    expect([taken.status, taken.body.scimType]).toEqual([409, 'uniqueness']);
  });
});

describe('lists', () => {
  it('are filtered, sorted, paged and cut to attributes', async () => {
    const family = `Sorted${fresh()}`;
    for (const givenName of ['b', 'A', 'c', 'D']) await entra.add(fresh(), { name: { familyName: family, givenName } });
    const by = encodeURIComponent(`name.familyName eq "${family.toUpperCase()}"`);
    const page = async (query: string) => (await entra.get(`/Users?filter=${by}&${query}`)).body;
    const names = ({ Resources }: Record<string, unknown>) =>
      (Resources as { name: { givenName: string } }[]).map(({ name }) => name.givenName);
    const sorted = await page('sortBy=name.givenName&startIndex=2&count=2');
    expect(names(sorted)).toEqual(['b', 'c']);
    expect(sorted).toMatchObject({ totalResults: 4, startIndex: 2, itemsPerPage: 2 });
    expect(names(await page('sortBy=NAME.GIVENNAME&sortOrder=descending'))).toEqual(['D', 'c', 'b', 'A']);
    const once = [...names(await page('startIndex=1&count=2')), ...names(await page('startIndex=3&count=2'))];
    expect(once.sort()).toEqual(['A', 'D', 'b', 'c']);
    expect(await page('count=0')).toMatchObject({ totalResults: 4, itemsPerPage: 0, Resources: [] });
    const [first] = (await page('attributes=userName,name.familyName&count=1')).Resources as object[];
    expect(Object.keys(first ?? {}).sort()).toEqual(['id', 'name', 'schemas', 'userName']);
    const [less] = (await page('excludedAttributes=meta,groups&count=1')).Resources as object[];
    expect(less).not.toHaveProperty('meta');
    const searched = await entra.post('/Users/.search', { filter: `name.familyName eq "${family}"`, count: 1 });
    expect(searched.body).toMatchObject({ totalResults: 4, itemsPerPage: 1 });
  });

  it.each([
    ['userName eq "nobody@uni.example"', 0],
    ['externalId eq "never"', 0],
    ['title pr and userType eq "Employee"', 0],
  ])('have nobody where nobody is: %s', async (filter, many) => {
    expect(await entra.find(filter)).toHaveLength(many);
  });
});

describe('versions', () => {
  it('keep a change from another one, and 100 at once from one another', async () => {
    const id = await entra.add(fresh());
    const { etag } = Object.fromEntries((await entra.get(`/Users/${id}`)).headers);
    expect((await entra.get(`/Users/${id}`, { 'if-none-match': String(etag) })).status).toBe(304);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'displayName', value: `Name ${at}` }], {
          'if-match': String(etag),
        }),
      ),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
    expect((await entra.remove(`/Users/${id}`, { 'if-match': String(etag) })).status).toBe(412);
    expect((await entra.remove(`/Users/${id}`, { 'if-match': '*' })).status).toBe(204);
  });
});

describe('a group', () => {
  it('has its people, who are in it when they sign in, and signs them out who leave what one may not leave', async () => {
    const names = [fresh(), fresh()] as const;
    const [ada, bob] = [await entra.add(names[0]), await entra.add(names[1])];
    const made = await entra.post('/Groups', { schemas: [GROUP], displayName: 'staff', members: [{ value: ada }] });
    expect(made.status).toBe(201);
    const group = String(made.body.id);
    expect((await entra.get(`/Users/${ada}`)).body.groups).toEqual([
      expect.objectContaining({ value: group, display: 'staff' }),
    ]);
    const someone = await signedIn(names[0]);
    // Entra adds by a list, and removes by a list or by a filter.
    expect(
      (await entra.patch(`/Groups/${group}`, [{ op: 'Add', path: 'members', value: [{ value: bob }] }])).status,
    ).toBe(204);
    const members = async () =>
      ((await entra.get(`/Groups/${group}`)).body.members as { value: string }[]).map(({ value }) => value).sort();
    expect(await members()).toEqual([ada, bob].sort());
    await entra.patch(`/Groups/${group}`, [{ op: 'Remove', path: `members[value eq "${bob}"]` }]);
    expect(await members()).toEqual([ada]);
    expect(await isOut(someone)).toBe(false);
    await entra.patch(`/Groups/${group}`, [{ op: 'Remove', path: 'members', value: [{ value: ada }] }]);
    expect(await members()).toEqual([]);
    expect(await isOut(someone)).toBe(true);
    const { body } = await entra.get(
      `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "STAFF"')}`,
    );
    expect(body).toMatchObject({ totalResults: 1, Resources: [{ id: group, displayName: 'staff' }] });
    expect((body.Resources as object[])[0]).not.toHaveProperty('members');
    await entra.put(`/Groups/${group}`, { displayName: 'staff', members: [{ value: bob }] });
    expect(await members()).toEqual([bob]);
    expect((await entra.post('/Groups', { displayName: 'Staff' })).status).toBe(403);
    expect((await entra.post('/Groups', { displayName: 'staff' })).body.scimType).toBe('uniqueness');
    expect((await entra.remove(`/Groups/${group}`)).status).toBe(204);
    expect((await entra.get(`/Users/${bob}`)).body.groups).toEqual([]);
    const events = scene.audit().map(({ event }) => event);
    for (const event of ['group.added', 'group.member-added', 'group.member-removed', 'group.removed']) {
      expect(events).toContain(event);
    }
  });

  it('goes by another name together with its people', async () => {
    const id = await entra.add(fresh());
    const { body } = await entra.post('/Groups', { displayName: 'cs', members: [{ value: id }] });
    const renamed = await entra.patch(`/Groups/${body.id}`, [
      { op: 'Replace', path: 'displayName', value: 'Tour Guides' },
    ]);
    expect(renamed.status).toBe(204);
    expect((await entra.get(`/Users/${id}`)).body.groups).toEqual([
      expect.objectContaining({ display: 'Tour Guides' }),
    ]);
    await entra.remove(`/Groups/${body.id}`);
  });
});
