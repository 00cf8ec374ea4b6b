import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Directory } from '../../src/core/directory.ts';
import ldap from '../../src/directories/ldap/index.ts';
import { Client } from '../support/client.ts';
import { cuttable } from '../support/cuttable.ts';
import { temporaryFolder } from '../support/folders.ts';
import { PersonAtBrowser, startGateway } from '../support/gateway.ts';
import { recordingLog } from '../support/recording.ts';
import { stoppedClock } from '../support/sign-in.ts';
import { LDAP_PASSWORD, type Slapd, startSlapd } from '../support/slapd.ts';

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
});
afterAll(() => slapd.stop());

const UNAVAILABLE = { code: 'ERR_DIRECTORY_UNAVAILABLE' };

function open(more: Record<string, unknown> = {}, clock = stoppedClock()): Directory {
  const settings = ldap.settings.parse(JSON.parse(JSON.stringify({ ...slapd.settings(more), type: undefined })));
  const ports = { now: clock.now, log: recordingLog().log } as Parameters<typeof ldap.create>[1];
  const directory = ldap.create(settings, ports);
  onTestFinished(() => directory.close?.());
  return directory;
}

/** Keeps all that is said to the server, and hangs up after so many of its answers. */
async function overheard(url: string) {
  const said: Buffer[] = [];
  const it = { hangUpAfter: Number.POSITIVE_INFINITY, url: '', text: () => Buffer.concat(said).toString('latin1') };
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(url).port), 'localhost');
    let answers = 0;
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.on('data', (octets) => {
      said.push(Buffer.from(octets));
      far.write(octets);
    });
    far.on('data', (octets) => {
      answers += 1;
      if (answers > it.hangUpAfter) near.destroy();
      else near.write(octets);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  it.url = `ldap://localhost:${(server.address() as AddressInfo).port}`;
  return it;
}

describe('what is typed', () => {
  it('is a value and never a filter or a name', async () => {
    await slapd.person('ada');
    const directory = open();
    const key = (await directory.find('ada'))?.key;
    expect(key).toBeTypeOf('string');
    const names = [
      '*',
      'ad*',
      'ada)(uid=*',
      '*)(objectClass=*',
      'ada\\2a',
      'ada\0',
      '\0',
      'ada,ou=people',
      ')(|(uid=ada',
    ];
    for (const name of [...names, 'a'.repeat(10_000), '\u{1F600}'.repeat(500)])
      expect(await directory.find(name), name.slice(0, 20)).toBeUndefined();
    for (const forged of ['*', `${key})(uid=*`, '']) expect(await directory.byKey(forged)).toBeUndefined();
    for (const wrong of ['', '\0', `${LDAP_PASSWORD}\0`, 'x'.repeat(100_000)])
      expect(await directory.verifyPassword(key, wrong)).toBe('wrong');
    expect(await directory.verifyPassword(key, LDAP_PASSWORD)).toBe('ok');
  });

  it('is nobody’s where two go by it', async () => {
    await slapd.person('first', { uid: ['first', 'twin'] });
    await slapd.person('second', { uid: ['second', 'twin'] });
    const directory = open();
    await expect(directory.find('twin')).rejects.toMatchObject({ code: 'ERR_AMBIGUOUS' });
    expect(await directory.find('first')).toMatchObject({ username: 'first' });
  });
});

describe.each(['memberOf', 'members'])('names that nobody has (groups from %s)', (from) => {
  it('cost the server the same searches and binds', async () => {
    const uid = `counted-${from.toLowerCase()}`;
    await slapd.person(uid);
    const directory = open({ groups: { base: `ou=groups,${slapd.suffix}`, from } });
    const cost = async (name: string) => {
      const before = await slapd.operations();
      const person = await directory.find(name);
      expect(await directory.verifyPassword(person?.key, 'wrong')).toBe('wrong');
      const after = await slapd.operations();
      return { searches: after.searches - before.searches, binds: after.binds - before.binds };
    };
    await cost(uid);
    const known = await cost(uid);
    expect(known.binds).toBeGreaterThan(0);
    expect(await cost('nobody-goes-by-this')).toEqual(known);
  });
});

describe('a server that is slow', () => {
  it('piles nothing up, and is asked again once it is quick', async () => {
    await slapd.person('patient');
    const line = await cuttable(slapd.secure);
    const directory = open({
      servers: [line.url],
      answerWithin: '1s',
      connectWithin: '1s',
      passwordChecks: 4,
      connections: 2,
    });
    const key = (await directory.find('patient'))?.key;
    line.delay(3_000);
    let most = 0;
    const looking = setInterval(() => {
      most = Math.max(most, line.open);
    }, 5);
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, () => directory.verifyPassword(key, LDAP_PASSWORD)),
    ).finally(() => clearInterval(looking));
    expect(new Set(verdicts)).toEqual(new Set(['unavailable']));
    // Besides those at work, some that are being closed.
    expect(most).toBeLessThanOrEqual(12);
    line.delay(0);
    await expect.poll(() => directory.verifyPassword(key, LDAP_PASSWORD), { timeout: 20_000 }).toBe('ok');
  });
});

describe('a server that takes connections and answers nothing', () => {
  it('is waited for by none longer than by the first, and people of another directory don’t notice', async () => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      connections += 1;
      sockets.add(socket.on('error', () => undefined));
    });
    await new Promise<void>((done) => silent.listen(0, 'localhost', done));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const servers = [`ldap://localhost:${(silent.address() as AddressInfo).port}`];
    const waits = { connectWithin: '1s', answerWithin: '1s', connections: 2, lockoutThreshold: 50 };
    const campus = slapd.settings({ servers, tls: 'dangerouslyNone', ...waits });
    const at = await startGateway({ folder: temporaryFolder(), config: { directories: { campus } } });
    onTestFinished(() => at.close());
    await at.addUser('own');
    const come = async (name: string) => {
      const person = new PersonAtBrowser(at, new Client());
      return person.password(await person.begin('library'), name);
    };

    const [own, ...others] = await Promise.all([come('own'), ...Array.from({ length: 60 }, (_, n) => come(`n${n}`))]);

    expect(own?.url.pathname).toBe('/library');
    for (const page of others) expect(page.text).toContain('directory doesn’t answer');
    // Each try has a connection of its own: those whose turn hadn't come by then were told without one.
    expect(connections).toBeLessThan(30);
  });
});

describe('a service account whose password was changed', () => {
  it('makes nobody wrong or gone, and isn’t locked by trying again and again', async () => {
    await slapd.person('eve');
    const service = await slapd.person('service');
    const line = await cuttable(slapd.secure);
    const clock = stoppedClock();
    const directory = open({ servers: [line.url], bindDn: service, bindPassword: LDAP_PASSWORD }, clock);
    const key = (await directory.find('eve'))?.key;
    await slapd.change(service, 'replace', 'userPassword', ['another one that is set']);
    line.cut();
    line.mend();
    clock.pass(60_000);
    for (let time = 0; time < 30; time += 1) {
      await expect(directory.find('eve')).rejects.toMatchObject(UNAVAILABLE);
      expect(await directory.verifyPassword(key, LDAP_PASSWORD)).toBe('unavailable');
    }
    expect((await slapd.values(service, 'pwdFailureTime')).length).toBeLessThan(5);
    await slapd.change(service, 'replace', 'userPassword', [LDAP_PASSWORD]);
    await slapd.change(service, 'delete', 'pwdReset', []).catch(() => undefined);
    clock.pass(60_000);
    expect(await directory.find('eve')).toMatchObject({ username: 'eve' });
  });
});

describe('on the way', () => {
  it('nothing can be read, wherever the connection ends', async () => {
    await slapd.person('quiet');
    const key = (await open().find('quiet'))?.key;
    for (let hangUpAfter = 0; hangUpAfter < 10; hangUpAfter += 1) {
      const line = await overheard(slapd.plain);
      const clock = stoppedClock();
      const directory = open({ servers: [line.url] }, clock);
      line.hangUpAfter = hangUpAfter;
      await directory.find('quiet').catch((error: unknown) => expect(error).toMatchObject(UNAVAILABLE));
      expect(await directory.verifyPassword(key, 'wrong')).not.toBe('ok');
      await directory.find('quiet').catch((error: unknown) => expect(error).toMatchObject(UNAVAILABLE));
      for (const secret of ['quiet', 'wrong', 'reader', slapd.root.password, 'ou=people'])
        expect(line.text()).not.toContain(secret);
    }
  });

  it('a code or another factor’s answer never goes to the directory', async () => {
    await slapd.person('coded');
    const line = await overheard(slapd.plain);
    const campus = slapd.settings({ servers: [line.url], tls: 'dangerouslyNone' });
    const at = await startGateway({ folder: temporaryFolder(), config: { directories: { campus } } });
    onTestFinished(() => at.close());
    const first = new PersonAtBrowser(at, new Client());
    const page = await first.password(await first.begin('courses'), 'coded', LDAP_PASSWORD);
    await first.remember(await first.enrol(page), 'no');
    const again = new PersonAtBrowser(at, new Client());
    const second = await again.password(await again.begin('courses'), 'coded', LDAP_PASSWORD);
    expect(second.text).toContain('Enter your code');
    await again.answer(second, { code: '907162' });
    expect(line.text()).toContain(LDAP_PASSWORD);
    expect(line.text()).not.toContain('907162');
  });
});
