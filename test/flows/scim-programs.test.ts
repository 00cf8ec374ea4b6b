import { describe, expect, it } from 'vitest';
import { configFile, sallyport } from '../support/commands.ts';
import { temporaryFolder } from '../support/folders.ts';
import { asksPassword, Someone, stage } from '../support/scene.ts';
import { ENTRA, ENTRA_NEXT, GROUP, OKTA, PATCH, SCIM_CONFIG, scimClient, USER } from '../support/scim.ts';
import { provisionMany } from '../support/scim-bulk.ts';

const scene = stage(() => ({ config: SCIM_CONFIG }));
const entra = scimClient(() => scene.gateway.url, ENTRA);
const okta = scimClient(() => scene.gateway.url, OKTA);

/** A user name that no other test has. */
let last = 0;
const fresh = (): string => {
  last += 1;
  return `person${last}@uni.example`;
};

describe('what Entra sends', () => {
  it('is taken: dotted names, URNs, a list that has no entry yet, texts for booleans', async () => {
    const userName = fresh();
    const id = await entra.add(userName, {
      externalId: userName,
      active: true,
      emails: [],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [],
    });
    const { body } = await entra.patch(`/Users/${id}`, [
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'updated@uni.example' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
      { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'IT' },
      { op: 'Replace', path: `${USER}:displayName`, value: 'Lynette' },
    ]);
    expect(body).toMatchObject({
      emails: [{ value: 'updated@uni.example', type: 'work' }],
      name: { familyName: 'updatedFamilyName' },
      displayName: 'Lynette',
    });
    const once = await entra.patch(`/Users/${id}`, [
      {
        op: 'replace',
        value: {
          displayName: 'Bjfe',
          'name.givenName': 'Kjzb',
          'emails[type eq "work"].value': 'jeramy@uni.example',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber': 'OOTI',
          active: 'False',
        },
      },
    ]);
    expect(once.body).toMatchObject({
      active: false,
      displayName: 'Bjfe',
      name: { givenName: 'Kjzb' },
      emails: [{ value: 'jeramy@uni.example' }],
    });
    // Who is off is still there to be found.
    for (const filter of [
      `userName eq "${userName.toUpperCase()}"`,
      `externalId Eq "${userName}" AND active eq "False"`,
      'emails[type eq "work"].value eq "JERAMY@uni.example"',
      'emails.value sw "jeramy" and not (displayName co "x")',
    ]) {
      expect((await entra.find(filter)).map((found) => found.id)).toEqual([id]);
    }
    const twice = await entra.post('/Users', { schemas: [USER], userName });
    expect([twice.status, twice.body]).toEqual([
      409,
      {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '409',
        scimType: 'uniqueness',
        detail: 'The userName is taken.',
      },
    ]);
  });

  it('may come by either of two secrets, while one takes the place of the other', async () => {
    const next = scimClient(() => scene.gateway.url, ENTRA_NEXT);
    expect((await next.get('/Users?count=1')).status).toBe(200);
  });
});

describe('what Okta sends', () => {
  it('is taken: a dummy password, the whole object, and the same person again', async () => {
    const userName = fresh();
    const whole = {
      schemas: [USER],
      userName,
      name: { givenName: 'Test', familyName: 'User' },
      emails: [{ primary: true, value: userName, type: 'work' }],
      displayName: 'Test User',
      locale: 'en-US',
      externalId: `00u${userName}`,
      groups: [],
      password: '1mz050nq',
      active: true,
    };
    const { status, body } = await okta.post('/Users', whole);
    expect(status).toBe(201);
    expect(JSON.stringify(body)).not.toContain('1mz050nq');
    const someone = new Someone(scene.gateway, userName);
    expect(asksPassword(await someone.password(await someone.begin('library'), userName, '1mz050nq'))).toBe(true);
    const off = await okta.put(`/Users/${body.id}`, { ...whole, id: body.id, active: false, meta: body.meta });
    expect([off.status, off.body.active]).toEqual([200, false]);
    const list = await okta.get(
      `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}&startIndex=1&count=100`,
    );
    expect(list.body).toMatchObject({ totalResults: 1, Resources: [{ id: body.id, active: false }] });
    const again = await okta.post('/Users', whole);
    expect([again.status, again.body.id, again.body.active]).toEqual([201, body.id, true]);
    expect((await okta.post('/Users', whole)).status).toBe(409);
  });
});

describe('Bulk', () => {
  it('does what RFC 7644 section 3.7 shows: people and a group of them, by bulkId, in any order', async () => {
    const [alice, bob] = [fresh(), fresh()];
    const { status, body } = await entra.post('/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [
        {
          method: 'POST',
          path: '/Groups',
          bulkId: 'ytrewq',
          data: { schemas: [GROUP], displayName: 'Tour Guides', members: [{ type: 'User', value: 'bulkId:qwerty' }] },
        },
        { method: 'POST', path: '/Users', bulkId: 'qwerty', data: { schemas: [USER], userName: alice } },
        { method: 'POST', path: '/Users', bulkId: 'bob', data: { schemas: [USER], userName: bob } },
        {
          method: 'PATCH',
          path: '/Groups/bulkId:ytrewq',
          data: { schemas: [PATCH], Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:bob' }] }] },
        },
        { method: 'DELETE', path: ['', 'Users', 'nobody'].join('/') },
      ],
    });
    expect(status).toBe(200);
    const done = body.Operations as { status: string; location?: string; bulkId?: string }[];
    expect(done.map((one) => one.status)).toEqual(['201', '201', '201', '204', '404']);
    const group = done[0]?.location?.split('/').at(-1);
    const { body: read } = await entra.get(`/Groups/${group}`);
    expect(read.members).toHaveLength(2);
    // A PATCH without a path names them in a part of the group.
    const { body: further } = await entra.post('/Bulk', {
      Operations: [
        {
          method: 'PATCH',
          path: `/Groups/${group}`,
          data: { Operations: [{ op: 'add', value: { members: [{ value: 'bulkId:carol' }] } }] },
        },
        { method: 'POST', path: '/Users', bulkId: 'carol', data: { userName: fresh() } },
      ],
    });
    expect((further.Operations as typeof done).map((one) => one.status)).toEqual(['204', '201']);
    expect((await entra.get(`/Groups/${group}`)).body.members).toHaveLength(3);
    await entra.remove(`/Groups/${group}`);
  });

  it('stops after as many faults as it is told to, and leaves circles undone', async () => {
    const post = (bulkId: string, data: object, path = '/Users') => ({ method: 'POST', path, bulkId, data });
    const { body } = await entra.post('/Bulk', {
      failOnErrors: 1,
      Operations: [post('a', {}), post('b', { userName: fresh() })],
    });
    expect((body.Operations as { status: string }[]).map(({ status }) => status)).toEqual(['400']);
    const circle = await entra.post('/Bulk', {
      Operations: [post('a', { displayName: 'staff', members: [{ value: 'bulkId:b' }] }, '/Groups')],
    });
    expect((circle.body.Operations as { status: string }[]).map(({ status }) => status)).toEqual(['409']);
  });
});

it('says what it can do', async () => {
  const { body } = await entra.get('/ServiceProviderConfig');
  expect(body).toMatchObject({
    patch: { supported: true },
    etag: { supported: true },
    changePassword: { supported: false },
  });
  expect((await entra.get('/ResourceTypes')).body.totalResults).toBe(2);
  expect((await entra.get(`/Schemas/${USER}`)).body).toMatchObject({ id: USER, name: 'User' });
  expect((await entra.get('/Schemas/unknown')).status).toBe(404);
  expect((await entra.get('/Me')).status).toBe(501);
});

it('is at one address for one directory, which config check says with file and line', async () => {
  const scim = SCIM_CONFIG.directories;
  const file = configFile(
    temporaryFolder(),
    { type: 'sqlite' },
    {
      directories: { ...(scim as object), guests: { type: 'local', ...(scim as { local: object }).local } },
    },
  );
  const { exitCode, out, err } = await sallyport(file, ['config', 'check']);
  expect(exitCode).toBe(2);
  expect(out + err).toMatch(
    /config\.yaml:\d+.*directories\.guests\.scim.*\/scim\/v2 as directories\.local\.scim\.path/,
  );
});

describe('a thousand people', () => {
  const large = stage(() => ({ config: SCIM_CONFIG }));

  it('come by one Bulk request, join a group, and are read by pages', { timeout: 120_000 }, async () => {
    await provisionMany(
      scimClient(() => large.gateway.url, ENTRA),
      1000,
    );
  });
});
