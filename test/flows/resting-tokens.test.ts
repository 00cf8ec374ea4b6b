import { describe, expect, it } from 'vitest';
import { HOURS, MINUTES, SECONDS } from '../support/clock.ts';
import { accountOf } from '../support/holders.ts';
import { visitAccount } from '../support/issued.ts';
import { type Someone, STORES, stage, usually } from '../support/scene.ts';

const IN_AN_HOUR = () => new Date(Date.now() + 60 * MINUTES).toISOString();
const MFA = 'https://refeds.org/profile/mfa';

describe.each(usually(STORES))('tokens that rest on a method, on the %s store', (_name, options) => {
  const scene = stage(() => ({
    ...options(),
    config: {
      // Nobody is told of anything: what ends has to end by itself.
      allowedPrivateNetworks: [],
      factors: { password: {}, totp: {}, recovery: {} },
      policy: {
        rules: [
          { name: 'library', applications: ['library'], level: 'sfa' },
          { name: 'courses', applications: ['courses', 'payroll'], level: 'mfa', remember: '30d' },
          { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
          { name: 'stricter', groups: ['stricter'], factors: ['recovery'], from: IN_AN_HOUR() },
          { name: 'higher', groups: ['higher'], level: 'phr', from: IN_AN_HOUR() },
          {
            name: 'stricter library',
            groups: ['readers'],
            applications: ['library'],
            factors: ['recovery'],
            from: IN_AN_HOUR(),
          },
        ],
      },
    },
  }));
  const at = (path: string) => `${scene.gateway.url}${path}`;

  async function refresh(someone: Someone, application: string): Promise<string> {
    const reply = await someone.client.post(`${scene.gateway.relyingParty}/${application}/refresh`);
    const shown = await someone.client.follow(reply);
    return shown.status === 200 ? 'refreshed' : shown.text;
  }

  /** Signed in to the library by the password, and to Courses with a code. */
  async function signedIn(groups?: string): Promise<Someone> {
    const someone = await scene.newcomer(groups === undefined ? {} : { groups });
    await someone.enter('library');
    const page = await someone.begin('courses');
    const setup = await someone.answer(page, { password: 'correct horse battery staple' });
    await someone.remember(await someone.enrol(setup), 'no');
    scene.clock.advance(2 * SECONDS);
    expect(await refresh(someone, 'courses')).toBe('refreshed');
    expect(await refresh(someone, 'library')).toBe('refreshed');
    return someone;
  }

  const methodOf = async (someone: Someone) => {
    const account = await accountOf(scene, someone);
    const [method] = await scene.gateway.app.rooms.credentials.ofAccount(account);
    return { account, id: method?.id ?? '' };
  };

  it('end with it, whoever removes it, and those that rest on the password alone go on', async () => {
    const byOwner = async (someone: Someone, id: string) => {
      // A second one first: the last one stays.
      const other = scene.elsewhere(someone);
      const setup = await visitAccount(scene, other, '/account/methods/add/totp');
      const added = await other.scan(setup).code(setup, other.codeAt());
      expect(added.text).toContain('It was added.');
      const page = await other.client.open(at(`/account/methods/${id}/remove`));
      await other.client.submit(page, {}, { action: '/remove' });
    };
    const byOthers = async (someone: Someone, id: string) =>
      void (await scene.gateway.app.rooms.methods.remove(await accountOf(scene, someone), id));
    for (const remove of [byOwner, byOthers]) {
      const someone = await signedIn();
      const { id } = await methodOf(someone);
      await remove(someone, id);
      expect((await methodOf(someone)).id).not.toBe(id);
      expect(await refresh(someone, 'courses')).toContain('invalid_grant');
      expect(await refresh(someone, 'library')).toBe('refreshed');
    }
  });

  it('end with its suspension', async () => {
    const someone = await signedIn();
    const { account, id } = await methodOf(someone);
    await scene.gateway.app.rooms.methods.suspend(account, id, {});
    expect(await refresh(someone, 'courses')).toContain('invalid_grant');
  });

  it('are issued no more where the level is derived anew and falls short, although no grant was ended', async () => {
    const someone = await signedIn();
    const { account, id } = await methodOf(someone);
    await scene.gateway.app.rooms.credentials.remove(id, account);
    expect(await someone.claims('courses')).toMatchObject({ claims: { acr: MFA } });
    expect(await refresh(someone, 'courses')).toContain('invalid_grant');
    expect(await refresh(someone, 'library')).toBe('refreshed');
  });

  it('rest on what a remembered device stood in for as well', async () => {
    const owner = await scene.member({ remember: 'yes' });
    owner.client.jar.restart();
    const back = await owner.enter('courses');
    expect(back.url.pathname).toBe('/courses');
    scene.clock.advance(2 * SECONDS);
    expect(await refresh(owner, 'courses')).toBe('refreshed');
    const { account, id } = await methodOf(owner);
    await scene.gateway.app.rooms.credentials.suspend(id, account);
    expect(await refresh(owner, 'courses')).toContain('invalid_grant');
  });

  it('ask policy at each refresh: the factors that a rule names, and its level', async () => {
    const [plain, stricter, higher, reader] = [
      await signedIn(),
      await signedIn('stricter'),
      await signedIn('higher'),
      await signedIn('readers'),
    ];
    scene.clock.advance(1 * HOURS);
    expect(await refresh(plain, 'courses')).toBe('refreshed');
    for (const someone of [stricter, higher]) expect(await refresh(someone, 'courses')).toContain('invalid_grant');
    // What a rule names comes after knowledge, which is enough there.
    expect(await refresh(reader, 'library')).toBe('refreshed');
  });
});
