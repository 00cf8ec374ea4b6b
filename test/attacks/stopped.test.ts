import { describe, expect, it } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { MINUTES } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { accountOf, appHolder, keyHolder } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { MAILBOX, notices } from '../support/mail.ts';
import { asksPassword, asksToRemember, ownForm, type Someone, STORES, stage } from '../support/scene.ts';

const STOPPED = 'Too many wrong answers in a row';
const HERE = 'Too many wrong attempts in a row under this name.';
const PATIENT = { failures: 100, perAddress: { failures: 100_000, window: '10m' } };

/** Codes that aren't right now, nor a minute from now. */
function wrongCodes(owner: Someone): string[] {
  const right = new Set([-2, -1, 0, 1, 2, 3].map((step) => owner.codeAt(step * 30_000)));
  return Array.from({ length: 1000 }, (_, at) => String(at).padStart(6, '0')).filter((code) => !right.has(code));
}

describe('a second factor, guessed at with patience', () => {
  const SECRET = 'secret-of-the-scripts-of-these-tests-01';
  const desk = { name: 'scripts', secret: SECRET, over: { groups: ['students'] }, may: ['unlock'] };
  const config = {
    ...MAILBOX,
    lockout: { perAddress: { failures: 100_000, window: '10m' } },
    api: { clients: [desk] },
  };
  const scene = stage(() => ({ config }));

  const unlock = (login: string, body: object) =>
    fetch(`${scene.gateway.url}/api/v1/accounts/${login}/unlock`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('stops after 100 in a row, for good, until it is released; its owner hears of it', async () => {
    const owner = await scene.newcomer({ email: 'patient@university.example' });
    await owner.remember(await owner.enrol(await owner.enter('payroll')), 'no');
    const thief = scene.elsewhere(owner, new Client());
    let guesses = 0;
    for (let half = 0; half < 14; half += 1) {
      scene.clock.advance(31 * MINUTES);
      let page = await thief.enter('payroll');
      for (const code of wrongCodes(owner).slice(0, 8)) {
        if (!page.body.includes('name="code"')) break;
        page = await thief.code(page, code);
        guesses += page.text.includes('That code isn’t right.') ? 1 : 0;
      }
    }
    expect(guesses).toBe(100);
    scene.clock.advance(31 * MINUTES);
    const again = await scene.elsewhere(owner, new Client()).enter('payroll');
    expect(again.text).toContain(STOPPED);
    expect(again.text).toContain('Ask the help desk.');
    // In seven hours, one letter: of the first lock. What came after it waits for its day.
    const letters = () => notices(scene.gateway, 'patient@university.example', 1);
    const about = async () => (await letters()).filter(({ subject }) => /wrong|stopped/.test(subject ?? ''));
    expect((await about()).map(({ subject }) => subject)).toEqual([expect.stringContaining('too many wrong')]);
    await scene.restart();
    expect((await scene.elsewhere(owner, new Client()).enter('payroll')).text).toContain(STOPPED);

    const id = await accountOf(scene, owner);
    const told = scene.audit().filter(({ account, event }) => account === id && event.startsWith('attempts.'));
    expect(told.filter(({ event }) => event === 'attempts.locked')).toHaveLength(12);
    expect(told.filter(({ event }) => event === 'attempts.many')).toHaveLength(1);
    expect(JSON.parse(told.find(({ event }) => event === 'attempts.stopped')?.detail ?? '{}')).toMatchObject({
      factor: 'totp',
      failures: 100,
    });

    expect((await unlock(owner.username, {})).status).toBe(400);
    expect((await unlock('nobody', { reason: 'ticket 4711' })).status).toBe(404);
    expect((await unlock(owner.username, { reason: 'ticket 4711' })).status).toBe(200);
    const back = scene.elsewhere(owner, new Client());
    const question = await back.code(await back.enter('payroll'), scene.nextCode(owner));
    expect(asksToRemember(question)).toBe(true);
  });
});

describe.each(STORES)('130 wrong codes at once, on the %s store', (_name, options) => {
  const scene = stage(() => ({ ...options(), config: { lockout: PATIENT } }));

  it('are looked at 100 times, and the account page says what was stopped', async () => {
    const owner = await scene.member();
    // One pending prompt takes five.
    const thieves = Array.from({ length: 26 }, () => scene.elsewhere(owner, new Client()));
    const forms = await Promise.all(thieves.map(async (thief) => ownForm(await thief.enter('payroll'))));
    const codes = wrongCodes(owner);
    const guesses = thieves.flatMap(({ client }, at) =>
      codes.slice(5 * at, 5 * at + 5).map((code) => ({ client, code, ...forms[at] })),
    );
    await Promise.all(guesses.map(({ client, code, url, fields }) => client.post(url ?? '', { ...fields, code })));
    const id = await accountOf(scene, owner);
    const refused = () =>
      scene.audit().filter(({ event, account }) => account === id && event === 'sign-in.refused').length;
    // A post that the store had no time for counts, and tells nothing.
    await expect.poll(refused, { timeout: 20_000 }).toBeGreaterThan(90);
    const page = await scene.elsewhere(owner, new Client()).enter('payroll');
    expect(page.text).toContain(STOPPED);
    expect(refused()).toBeLessThanOrEqual(100);
    const account = await visitAccount(scene, owner, '/account');
    expect(account.text).toContain('Stopped: too many wrong answers in a row were given.');
  });
});

describe('a password, guessed at with patience', () => {
  const scene = stage(() => ({
    config: { factors: { password: {}, totp: {}, fido2: {} }, lockout: { ...PATIENT, inARow: 12 } },
  }));

  /** So many wrong passwords, each from a browser of its own; the last page. */
  async function guess(username: string, times: number): Promise<Reply> {
    let last: Reply | undefined;
    for (let time = 0; time < times; time += 1) {
      const thief = scene.elsewhere({ username } as Someone, new Client());
      last = await thief.password(await thief.begin('library'), username, 'guess');
    }
    if (last === undefined) throw new Error('nothing was guessed');
    return last;
  }

  it('is stopped for strangers, whether or not the name exists, and not where its owner signs in', async () => {
    const owner = await appHolder(scene);
    for (const name of [owner.username, 'person-nobody']) {
      expect((await guess(name, 12)).text).toContain('isn’t right');
      const stopped = await guess(name, 1);
      expect(stopped.text).toContain(HERE);
      expect(asksPassword(stopped)).toBe(true);
    }
    expect((await scene.elsewhere(owner, new Client()).enter('library')).text).toContain(HERE);
    owner.client.jar.restart();
    expect((await owner.enter('library')).url.pathname).toBe('/library');
    // The password alone shows no more than strangers could have guessed.
    expect((await scene.elsewhere(owner, new Client()).enter('library')).text).toContain(HERE);
    await owner.code(await owner.enter('payroll'), scene.nextCode(owner));
    expect((await scene.elsewhere(owner, new Client()).enter('library')).text).toContain(HERE);

    owner.client.jar.restart();
    await owner.code(await owner.enter('payroll'), scene.nextCode(owner));
    expect((await scene.elsewhere(owner, new Client()).enter('library')).url.pathname).toBe('/library');
    const id = await accountOf(scene, owner);
    const released = scene.audit().filter(({ event, account }) => account === id && event === 'attempts.released');
    expect(released).toHaveLength(1);
  });

  it('gives browsers that knew the former one no budgets of their own for the next, however many there are', async () => {
    const owner = await appHolder(scene);
    const thieves = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const thief = scene.elsewhere(owner, new Client());
        expect((await thief.enter('library')).url.pathname).toBe('/library');
        thief.client.jar.restart();
        return thief;
      }),
    );
    const changing = await visitAccount(scene, owner, '/account/password');
    const changed = await owner.answer(changing, { current: PASSWORD, next: 'violet anchor quiet river' });
    expect(changed.url.search).toBe('?notice=password-changed');

    let last: Reply | undefined;
    let looked = 0;
    for (let round = 0; round < 10; round += 1) {
      for (const thief of thieves) {
        last = await thief.password(await thief.begin('library'), owner.username, 'guess');
        looked += last.text.includes('isn’t right') ? 1 : 0;
      }
    }
    expect(looked).toBe(12);
    expect(last?.text).toContain(HERE);
    // Where it was changed, it can be typed.
    owner.client.jar.restart();
    const own = await owner.password(await owner.begin('library'), owner.username, 'violet anchor quiet river');
    expect(own.url.pathname).toBe('/library');

    // Nor where somebody else has set it for them.
    await scene.gateway.command('user passwd', [owner.username], {}, 'amber lantern slow harbour');
    const former = await owner.password(await owner.begin('library'), owner.username, 'violet anchor quiet river');
    expect(former.text).toContain(HERE);
  });

  it('is released by a passkey from wherever its owner is', async () => {
    const { someone, key } = await keyHolder(scene);
    expect((await guess(someone.username, 13)).text).toContain(HERE);
    const abroad = scene.elsewhere(someone, new Client());
    await key.use(abroad, await abroad.begin('library'));
    expect((await scene.elsewhere(someone, new Client()).enter('library')).url.pathname).toBe('/library');
  });
});

describe('a stopped app', () => {
  const scene = stage(() => ({
    config: { factors: { password: {}, totp: {}, fido2: {} }, lockout: { ...PATIENT, inARow: 4 } },
  }));

  it('counts again once it is removed and set up anew', async () => {
    const { someone, key } = await keyHolder(scene);
    const open = async (path: string) => {
      const page = await someone.client.open(`${scene.gateway.url}${path}`);
      return page.body.includes('data-ceremony') ? key.use(someone, page) : page;
    };
    await open('/account');
    await someone.enrol(await open('/account/methods/add/totp'));
    const thief = scene.elsewhere(someone, new Client());
    const choose = async () => thief.answer(await thief.enter('payroll'), { method: 'totp' });
    let page = await choose();
    for (const code of wrongCodes(someone).slice(0, 5))
      if (page.body.includes('name="code"')) page = await thief.code(page, code);
    expect((await thief.begin('payroll')).body).not.toContain('name="code"');

    const account = await open('/account');
    expect(account.text).toContain('Stopped: too many wrong answers in a row were given.');
    const { id = '' } = (await scene.gateway.app.rooms.credentials.ofAccount(await accountOf(scene, someone))).find(
      ({ factor }) => factor === 'totp',
    ) ?? { id: '' };
    await someone.answer(await open(`/account/methods/${id}/remove`), {});
    await someone.enrol(await open('/account/methods/add/totp'));
    expect((await open('/account')).text).not.toContain('Stopped:');
    const back = scene.elsewhere(someone, new Client());
    const asked = await back.answer(await back.enter('payroll'), { method: 'totp' });
    expect((await back.code(asked, scene.nextCode(someone))).url.pathname).toBe('/payroll');
  });
});

describe('a lock', () => {
  const scene = stage(() => ({
    config: { factors: { password: {}, totp: {}, fido2: {} }, lockout: { ...PATIENT, failures: 3 } },
  }));

  it('says until when, and that a passkey still works, whether or not the name exists', async () => {
    const owner = await scene.newcomer();
    const said = [];
    for (const name of [owner.username, 'person-nobody']) {
      const thief = scene.elsewhere({ username: name } as Someone, new Client());
      let page = await thief.begin('library');
      for (let time = 0; time < 4; time += 1) page = await thief.password(page, name, 'guess');
      const [, at = ''] = /<time datetime="([^"]+)"/.exec(page.body) ?? [];
      const left = Date.parse(at) - scene.gateway.now();
      expect(left).toBeGreaterThan(29 * MINUTES);
      expect(left).toBeLessThan(31 * MINUTES);
      said.push(
        /Too many wrong attempts[^<]*It ends at|A passkey, if you have one, still works\./g.exec(page.text)?.[0],
      );
      expect(page.text).toContain('A passkey, if you have one, still works.');
    }
    expect(said[0]).toBeDefined();
    expect(said[1]).toBe(said[0]);
  });
});
