import { expect, it } from 'vitest';
import { createAuthenticator } from '../../src/factors/totp/double.ts';
import { accountOf } from '../support/holders.ts';
import { newestCode, OUTBOX } from '../support/outbox.ts';
import { asksCode, asksToRemember, stage } from '../support/scene.ts';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const HEX = '3132333435363738393031323334353637383930';

const scene = stage(() => ({ config: OUTBOX }));
const migrate = (from: string, file: string, options: Record<string, boolean> = {}) =>
  scene.gateway.command(`migrate ${from}`, [], options, file);

/** What somebody has, by factor. */
async function methodsOf(username: string): Promise<string[]> {
  const id = await accountOf(scene, { username });
  return (await scene.gateway.app.rooms.credentials.ofAccount(id)).map(({ factor }) => factor).sort();
}

it('brings phones and tokens of Duo’s people along, once, and says what stays and why', async () => {
  const [ada, bob] = [await scene.newcomer(), await scene.newcomer()];
  await scene.gateway.command('tokens import', [], {}, `serial,secret,type,digits,step\n101222,${SECRET},totp,6,30\n`);
  const file = [
    'username,status,phone1,platform1,token1,type1',
    `${ada.username},active,+852 9123 4567,iphone,101222,t6`,
    `${bob.username},active,+1 201 555 0123,android,101999,h6`,
    'nobody,active,+852 9123 4568,android,,',
  ].join('\n');

  const told = await migrate('duo', file, { dryRun: true }).catch((error: Error) => error.message.split('\n'));
  expect(told).toEqual([
    'line 3: phones: in a country that factors.sms.countries doesn’t name',
    'line 3: tokens: no secret: import the maker’s file first (sallyport tokens import)',
    'line 4: people: nobody here goes by "nobody"',
    'what\tcomes over\thad\tstays\twhy',
    'keys of Duo Mobile\t0\t0\t3\t3 they don’t leave the phone: set up the authenticator anew',
    'people\t0\t0\t1\t1 nobody here goes by that name',
    'phones\t1\t0\t1\t1 in a country that factors.sms.countries doesn’t name',
    'tokens\t1\t0\t1\t1 no secret: import the maker’s file first (sallyport tokens import)',
    'Nothing was changed: that was a dry run.',
  ]);
  expect(scene.audit().filter(({ event }) => event === 'migration.made')).toEqual([]);
  const known = await scene.gateway.app.rooms.accounts.named(ada.username);
  expect(known?.version).toBe(0);

  await expect(migrate('duo', file)).rejects.toThrow('Done.');
  expect(await methodsOf(ada.username)).toEqual(['sms', 'totp']);
  expect(await methodsOf(bob.username)).toEqual([]);
  await expect(migrate('duo', file)).rejects.toThrow('phones\t0\t1\t1');
  expect(await methodsOf(ada.username)).toEqual(['sms', 'totp']);
  const [made] = scene.audit().filter(({ event }) => event === 'migration.made');
  expect(JSON.parse(made?.detail ?? '{}')).toMatchObject({ from: 'duo', by: 'cli', taken: 2, had: 0 });
});

it('has a number that came along show itself at its first use, and be nothing for a forgotten password before', async () => {
  const someone = await scene.newcomer();
  const number = '+85291230001';
  await migrate('duo', `username,phone1\n${someone.username},${number}\n`);
  const id = await accountOf(scene, someone);
  const own = async () => (await scene.gateway.app.rooms.credentials.ofAccount(id))[0];
  expect((await own())?.data).toEqual({ number, unproven: true });
  const page = await someone.enter('courses');
  expect(asksCode(page)).toBe(true);
  const after = await someone.code(page, await newestCode(scene.gateway, number));
  expect(asksToRemember(after)).toBe(true);
  await someone.remember(after, 'no');
  expect((await own())?.data).not.toHaveProperty('unproven');
  expect((await someone.claims('courses'))?.claims).toMatchObject({ amr: ['mfa', 'pwd', 'sms'] });
});

it('has tokens of privacyIDEA sign in by the secrets that it gives', async () => {
  const someone = await scene.newcomer();
  const file = `- owner: ${someone.username}@campus\n  serial: TOTP7\n  type: totp\n  otpkey: '${HEX}'\n  otplen: 6\n`;
  expect((await migrate('privacyidea', file)).join('\n')).toContain('tokens\t1\t0\t0');
  expect((await migrate('privacyidea', file)).join('\n')).toContain('tokens\t0\t1\t0');
  const page = await someone.enter('courses');
  const shown = createAuthenticator(`otpauth://totp/a?secret=${SECRET}`).codeAt(scene.gateway.now());
  expect(asksToRemember(await someone.code(page, shown))).toBe(true);
  const logged = JSON.stringify([scene.gateway.logs, scene.audit()]);
  for (const secret of [HEX, SECRET]) expect(logged).not.toContain(secret);
});

it('doesn’t give a token that is somebody else’s here', async () => {
  const [owner, other] = [await scene.newcomer(), await scene.newcomer()];
  const line = (username: string) => `${username}@campus, TOTP8, ${HEX}, totp, 6\n`;
  await migrate('privacyidea', line(owner.username));
  await expect(migrate('privacyidea', line(other.username))).rejects.toThrow('somebody else’s here');
  expect(await methodsOf(other.username)).toEqual([]);
});

it('changes nothing where a line can’t be read, and tells which', async () => {
  const someone = await scene.newcomer();
  const file = `username,phone1\n${someone.username},+85291230002\nbob\n,+85291230003\n`;
  await expect(migrate('duo', file)).rejects.toThrow(
    'line 3: 1 fields where the header has 2\nline 4: no user name\nNothing was changed.',
  );
  expect(await methodsOf(someone.username)).toEqual([]);
});

it('gives nobody the token of a namesake in another realm', async () => {
  const someone = await scene.newcomer();
  const line = (realm: string, serial: string) => `${someone.username}${realm}, ${serial}, ${HEX}, totp, 6\n`;
  for (const other of ['@students', '']) {
    const both = line('@Campus', 'TOTP21') + line(other, 'TOTP22');
    await expect(migrate('privacyidea', both)).rejects.toThrow('line 2: of the realm');
    expect(await methodsOf(someone.username)).toEqual([]);
  }
  const file = line('@campus', 'TOTP21') + line('@students', 'TOTP22');
  const told = await scene.gateway.command('migrate privacyidea', [], { realm: 'Campus' }, file);
  expect(told).toContain('tokens\t1\t0\t1\t1 of another realm');
  expect(await methodsOf(someone.username)).toEqual(['totp']);
});
