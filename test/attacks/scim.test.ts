import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { PASSWORD } from '../support/gateway.ts';
import { Someone, stage } from '../support/scene.ts';
import { ENTRA, OKTA, SCIM_CONFIG, scimClient, USER } from '../support/scim.ts';

describe('the interface that keeps people', () => {
  const scene = stage(() => ({ config: SCIM_CONFIG }));
  const entra = scimClient(() => scene.gateway.url, ENTRA);
  const okta = scimClient(() => scene.gateway.url, OKTA);
  let last = 0;
  const fresh = (): string => {
    last += 1;
    return `target${last}@uni.example`;
  };

  it('answers nobody without a token, whatever is asked, and reads nothing of what they send', async () => {
    const large = JSON.stringify({ userName: 'x'.repeat(5_000_000) });
    for (const headers of [
      { authorization: '' },
      { authorization: 'Bearer ' },
      { authorization: `Basic ${ENTRA}` },
      { authorization: `Bearer ${ENTRA.slice(1)}` },
      { authorization: `Bearer ${ENTRA}x` },
    ]) {
      for (const path of ['/Users', '/ServiceProviderConfig', '/nothing']) {
        const reply = await entra.call('GET', path, undefined, headers);
        expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer /)]);
      }
    }
    const sent = await entra.call('POST', '/Users', '{"no json', { authorization: 'Bearer wrong' });
    expect(sent.status).toBe(401);
    const tooLarge = await entra.call('POST', '/Users', large).catch(() => undefined);
    if (tooLarge) expect(tooLarge.status).toBe(413);
    expect((await entra.call('POST', '/Users', '<a/>', { 'content-type': 'text/xml' })).status).toBe(415);
    expect((await entra.call('POST', '/Users', '{"no json')).body).toMatchObject({
      status: '400',
      scimType: 'invalidSyntax',
    });
  });

  it('shows one client nobody of another’s, nor anybody who is spared', async () => {
    const id = await okta.add(fresh(), { externalId: 'theirs' });
    await scene.gateway.addUser('chief', { groups: 'staff,vip', email: 'chief@uni.example' });
    await scene.gateway.addUser('clerk', { groups: 'staff', email: 'clerk@uni.example' });
    const own = await entra.add(fresh());
    const [clerk] = await entra.find('userName eq "clerk"');
    expect(clerk).toMatchObject({ userName: 'clerk' });
    expect(await okta.find('userName eq "clerk"')).toEqual([]);
    for (const filter of [
      'userName eq "chief"',
      'emails.value eq "chief@uni.example"',
      'externalId eq "theirs"',
      `id eq "${id}"`,
    ]) {
      expect(await entra.find(filter)).toEqual([]);
    }
    const all = await entra.find('not (userName eq "nobody")');
    expect(all.map(({ userName }) => userName)).not.toContain('chief');
    expect(all.map((one) => one.id)).not.toContain(id);
    const attempts = [
      entra.get(`/Users/${id}`),
      entra.put(`/Users/${id}`, { schemas: [USER], userName: 'mine-now' }),
      entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'emails', value: [{ value: 'mine@evil.example' }] }]),
      entra.remove(`/Users/${id}`),
      entra.patch(`/Users/..%2FUsers%2F${id}`, []),
    ];
    for (const { status } of await Promise.all(attempts)) expect(status).toBe(404);
    // Nor does a group bring somebody into reach.
    const { status, body } = await entra.post('/Groups', {
      displayName: 'cs',
      members: [{ value: own }, { value: id }],
    });
    expect([status, body.scimType]).toEqual([400, 'invalidValue']);
    const group = await entra.post('/Groups', { displayName: 'cs', members: [] });
    const added = await entra.patch(`/Groups/${group.body.id}`, [
      { op: 'add', path: 'members', value: [{ value: own }, { value: id }] },
    ]);
    expect(added.status).toBe(400);
    expect((await entra.get(`/Groups/${group.body.id}`)).body.members).toEqual([]);
    expect((await okta.get(`/Groups/${group.body.id}`)).status).toBe(404);
    expect((await okta.patch(`/Groups/${group.body.id}`, [{ op: 'remove', path: 'members' }])).status).toBe(404);
    expect((await okta.post('/Groups', { displayName: 'vip' })).status).toBe(403);
    expect(
      (await entra.patch(`/Groups/${group.body.id}`, [{ op: 'replace', path: 'displayName', value: 'vip' }])).status,
    ).toBe(403);
    expect((await okta.get(`/Users/${id}`)).body).toMatchObject({ id, externalId: 'theirs' });
  });

  it('takes nothing that isn’t in its table, and pollutes nothing', async () => {
    const userName = fresh();
    const text = `{"schemas":["${USER}"],"userName":"${userName}","__proto__":{"polluted":true},
      "constructor":{"prototype":{"polluted":true}},"id":"mine","status":"active","passwordHash":"$argon2id$x",
      "addedBy":"okta","externalIds":[{"client":"okta","id":"1"}],"groups":[{"value":"vip","display":"vip"}],
      "emailVerified":true,"createdAt":1,"meta":{"version":"W/\\"9\\""}}`;
    const { status, body } = await entra.call('POST', '/Users', text);
    expect([status, body.groups]).toEqual([201, []]);
    expect(body.id).not.toBe('mine');
    expect(JSON.stringify(body)).not.toMatch(/argon2|polluted|vip/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    for (const path of [
      '__proto__.polluted',
      'constructor.prototype.polluted',
      'passwordHash',
      'emailVerified',
      'addedBy',
    ]) {
      expect((await entra.patch(`/Users/${body.id}`, [{ op: 'add', path, value: 'x' }])).body.scimType).toBe(
        'invalidPath',
      );
    }
    const once = `{"Operations":[{"op":"replace","value":{"__proto__":{"polluted":true},"id":"x","groups":[],"passwordHash":"x"}}]}`;
    expect((await entra.call('PATCH', `/Users/${body.id}`, once)).body).toMatchObject({ id: body.id, groups: [] });
    expect(await okta.find(`userName eq "${userName}"`)).toEqual([]);
    expect((await scene.gateway.command('user list')).join('\n')).not.toContain('argon2');
  });

  it('keeps nobody’s name twice, however many come at once', async () => {
    const userName = fresh();
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => entra.post('/Users', { schemas: [USER], userName })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status, body }) => status === 409 && body.scimType === 'uniqueness')).toHaveLength(99);
    // Two who want one name.
    const [one, other] = [await entra.add(fresh()), await entra.add(fresh())];
    const wanted = fresh();
    const moved = await Promise.all(
      [one, other].map((id) => entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'userName', value: wanted }])),
    );
    expect(moved.map(({ status }) => status).sort()).toEqual([200, 409]);
    // Of many changes at once without a version none is lost.
    const id = await entra.add(fresh());
    const [group] = ((await entra.get(`/Groups?filter=${encodeURIComponent('displayName eq "cs"')}`)).body.Resources ??
      []) as { id: string }[];
    await Promise.all([
      entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'displayName', value: 'New' }]),
      entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'emails', value: [{ value: fresh() }] }]),
      entra.patch(`/Groups/${group?.id}`, [{ op: 'add', path: 'members', value: [{ value: id }] }]),
    ]);
    expect((await entra.get(`/Users/${id}`)).body).toMatchObject({
      displayName: 'New',
      emails: [expect.anything()],
      groups: [{ display: 'cs' }],
    });
  });

  it('lets one of a hundred change a group that all have seen', async () => {
    const [group] = ((await entra.get(`/Groups?filter=${encodeURIComponent('displayName eq "cs"')}`)).body.Resources ??
      []) as { id: string }[];
    const people = await Promise.all(Array.from({ length: 20 }, () => entra.add(fresh())));
    const etag = String((await entra.get(`/Groups/${group?.id}`)).headers.get('etag'));
    const replies = await Promise.all(
      people.map((value) =>
        entra.patch(`/Groups/${group?.id}`, [{ op: 'add', path: 'members', value: [{ value }] }], { 'if-match': etag }),
      ),
    );
    expect(replies.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(19);
  });

  it('writes no line that anybody could have made, and no secret', async () => {
    const forged = 'x\n{"level":"error","message":"forged"}';
    for (const body of [
      { userName: forged },
      { userName: fresh(), displayName: forged },
      { userName: fresh(), externalId: forged },
      { userName: fresh(), emails: [{ value: `${forged}@x.example` }] },
    ]) {
      expect((await entra.post('/Users', { schemas: [USER], ...body })).body.scimType).toBe('invalidValue');
    }
    expect((await entra.post('/Groups', { displayName: `cs\n${forged}` })).body.scimType).toBe('invalidValue');
    const told = JSON.stringify([scene.gateway.logs, scene.audit()]);
    expect(told).not.toContain('forged');
    for (const secret of [ENTRA, OKTA]) expect(told).not.toContain(secret);
  });

  it('bounds what a filter, a list, a PATCH and a Bulk request may ask', async () => {
    const filter = encodeURIComponent(`${'('.repeat(500)}userName pr${')'.repeat(500)}`);
    expect((await entra.get(`/Users?filter=${filter}`)).body.scimType).toBe('invalidFilter');
    const many = Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'x' }));
    const id = await entra.add(fresh());
    expect((await entra.patch(`/Users/${id}`, many)).body.scimType).toBe('tooMany');
    const Operations = Array.from({ length: 1001 }, () => ({ method: 'DELETE', path: ['', 'Users', 'x'].join('/') }));
    expect((await entra.post('/Bulk', { Operations })).status).toBe(413);
    const nested = { method: 'POST', path: '/Bulk', bulkId: 'a', data: { Operations: [] } };
    const { body } = await entra.post('/Bulk', { Operations: [nested] });
    expect(body.Operations).toMatchObject([{ status: '400' }]);
    expect((await entra.get('/Users?count=100000')).body.itemsPerPage).toBeLessThanOrEqual(200);
    expect((await entra.get('/Users?count=1&count=2')).status).toBe(400);
    expect((await entra.get('/Users?startIndex=abc')).status).toBe(400);
    expect((await entra.get('/Users/%E0%A4%A')).status).toBe(404);
  });

  it('gives nobody a name by which somebody else is meant', async () => {
    const userName = fresh();
    await okta.add(userName);
    const { status, body } = await entra.post('/Users', { schemas: [USER], userName: userName.toUpperCase() });
    expect([status, body.scimType]).toEqual([409, 'uniqueness']);
    expect(JSON.stringify(body)).not.toContain(userName);
  });

  it('ends what a refresh could go on with, though the account is on again before anybody looks', async () => {
    const userName = fresh();
    const id = await entra.add(userName);
    await scene.gateway.command('user passwd', [userName], {}, PASSWORD);
    const someone = new Someone(scene.gateway, userName);
    await someone.enter('library');
    await entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: false }]);
    await entra.patch(`/Users/${id}`, [{ op: 'replace', path: 'active', value: true }]);
    expect((await someone.begin('library')).body).toContain('name="password"');
  });

  it('switches nobody on again whom an operator switched off', async () => {
    const userName = fresh();
    const id = await entra.add(userName, { externalId: userName });
    await scene.gateway.command('user disable', [userName]);
    const on = [{ op: 'replace', path: 'active', value: true }];
    expect((await entra.patch(`/Users/${id}`, on)).body).toMatchObject({ active: false });
    const whole = { schemas: [USER], userName, externalId: userName, active: true };
    expect((await entra.put(`/Users/${id}`, whole)).body).toMatchObject({ active: false });
    await entra.post('/Users', whole);
    expect(await entra.find(`userName eq "${userName}"`)).toMatchObject([{ id, active: false }]);
    await scene.gateway.command('user enable', [userName]);
    expect(await entra.find(`userName eq "${userName}"`)).toMatchObject([{ id, active: true }]);
  });
});

describe('what is cut off between its write and the audit', () => {
  const scene = stage(() => ({ config: SCIM_CONFIG }));
  const entra = scimClient(() => scene.gateway.url, ENTRA);
  const behind = (statement: string) => {
    const file = new DatabaseSync(join(scene.data, 'sallyport.db'));
    file.exec(statement);
    file.close();
  };

  it('is in the audit before the next call is answered, and ends what it was to end', async () => {
    const [userName, other, late] = ['cut1@uni.example', 'cut2@uni.example', 'cut3@uni.example'];
    const [id, gone] = [await entra.add(userName), await entra.add(other)];
    const people = [new Someone(scene.gateway, userName), new Someone(scene.gateway, other)];
    for (const someone of people) {
      await scene.gateway.command('user passwd', [someone.username], {}, PASSWORD);
      await someone.enter('library');
    }
    behind(`create trigger cut before insert on audit begin select raise(abort, 'cut off'); end`);
    const off = [{ op: 'replace', path: 'active', value: false }];
    const cut = [
      await entra.patch(`/Users/${id}`, off),
      await entra.remove(`/Users/${gone}`),
      await entra.post('/Users', { schemas: [USER], userName: late }),
    ];
    for (const { status } of cut) expect(status).toBeGreaterThanOrEqual(500);
    behind('drop trigger cut');
    scene.clock.advance(3000);
    // The same again, as programs do: there is nothing left to change.
    expect((await entra.patch(`/Users/${id}`, off)).status).toBe(200);
    const told = scene.audit().map(({ event, detail }) => ({ event, ...JSON.parse(detail) }));
    for (const [event, username] of [
      ['user.disabled', userName],
      ['user.removed', other],
      ['user.added', late],
    ]) {
      const doneAt = expect.stringMatching(/^20/);
      expect(told.filter((one) => one.doneAt)).toContainEqual(
        expect.objectContaining({ event, username, by: 'scim:entra', doneAt }),
      );
    }
    for (const someone of people) expect((await someone.begin('library')).body).toContain('name="password"');
    expect((await entra.get(`/Users/${gone}`)).status).toBe(404);
    const before = scene.audit().length;
    await entra.get('/Users');
    expect(scene.audit()).toHaveLength(before);
  });
});

describe('whoever guesses tokens', () => {
  const scene = stage(() => ({ config: SCIM_CONFIG }));
  it('is stopped, right guess or wrong, until a while has passed; and the audit knows', async () => {
    const right = scimClient(() => scene.gateway.url, ENTRA);
    const statuses: number[] = [];
    for (let at = 0; at < 32; at += 1) {
      statuses.push((await scimClient(() => scene.gateway.url, `guess-${at}`).get('/Users')).status);
    }
    expect(statuses.slice(0, 30).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(30)).toEqual([429, 429]);
    const refused = await right.get('/Users');
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    scene.gateway.advance(16 * 60_000);
    expect((await right.get('/Users')).status).toBe(200);
  });
});

describe('a client that calls too often', () => {
  const scene = stage(() => ({
    config: {
      directories: {
        local: {
          scim: {
            clients: [{ name: 'busy', secrets: [ENTRA], over: { groups: ['staff'] } }],
            budget: { calls: 5, per: '1h' },
          },
        },
      },
    },
  }));
  it('is told to wait', async () => {
    const busy = scimClient(() => scene.gateway.url, ENTRA);
    const replies = await Promise.all(Array.from({ length: 20 }, () => busy.get('/Users')));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(15);
  });
});
