import { describe, expect, it } from 'vitest';
import { DAYS, HOURS, MINUTES, SECONDS } from '../support/clock.ts';
import { asksCode, asksPassword, asksToRemember, type Someone, STORES, stage } from '../support/scene.ts';

const policy = {
  rules: [
    { name: 'library', applications: ['library'], level: 'mfa', remember: '12h' },
    { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
    { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
  ],
};

/** The SSO session ends with the browser; remembered devices stay. */
function newSession(someone: Someone): void {
  someone.client.jar.restart();
}

const deviceOf = ({ client }: Someone) =>
  client.jar.all().find(({ name }) => name.startsWith('sallyport_device_'))?.value;

describe.each(STORES)('a remembered device, on the %s store', (_name, options) => {
  const scene = stage(() => ({ ...options(), config: { policy } }));

  it('takes the place of the second factor in a new session: password only', async () => {
    const someone = await scene.member({ remember: 'yes' });
    newSession(someone);
    const page = await someone.begin('courses');
    expect(asksPassword(page)).toBe(true);
    const back = await someone.password(page, someone.username);
    expect(back.url.href).toBe(`${scene.gateway.relyingParty}/courses`);
    expect(await someone.claims('courses')).toMatchObject({ claims: { acr: 'https://refeds.org/profile/mfa' } });
  });

  it('is none where the person said no, and is asked about again', async () => {
    const someone = await scene.member({ remember: 'no' });
    expect(deviceOf(someone)).toBeUndefined();
    newSession(someone);
    const page = await someone.enter('courses');
    expect(asksCode(page)).toBe(true);
    expect(asksToRemember(await someone.code(page, scene.nextCode(someone)))).toBe(true);
  });

  it('is asked about with neither answer chosen, and each application’s own time stated', async () => {
    const someone = await scene.member();
    const visit = async (application: string) => {
      newSession(someone);
      return someone.code(await someone.enter(application), scene.nextCode(someone));
    };
    const hours = await visit('library');
    expect(hours.text).toContain('Library won’t ask for the second step in this browser for 12 hours.');
    expect(hours.body).not.toMatch(/checked|autofocus/);
    expect((await visit('courses')).text).toContain('for 30 days');
  });

  it('answers for each application as long as that one’s own window lasts', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const visit = async (application: string) => {
      newSession(someone);
      return someone.enter(application);
    };
    scene.clock.advance(11 * HOURS);
    expect((await visit('library')).url.pathname).toBe('/library');
    scene.clock.advance(2 * HOURS);
    expect(asksCode(await visit('library'))).toBe(true);
    expect((await visit('courses')).url.pathname).toBe('/courses');
  });

  it('never answers for a strict application, which asks at each visit of one session too', async () => {
    const someone = await scene.member({ remember: 'yes' });
    for (let visit = 0; visit < 2; visit += 1) {
      const page = await someone.begin('payroll');
      expect(asksCode(page)).toBe(true);
      const back = await someone.code(page, scene.nextCode(someone));
      expect(back.url.pathname).toBe('/payroll');
    }
    expect((await someone.begin('courses')).url.pathname).toBe('/courses');
  });

  it('changes its cookie’s value at use, and no value twice', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const seen = new Set([deviceOf(someone)]);
    for (let use = 0; use < 3; use += 1) {
      scene.clock.advance(2 * MINUTES);
      newSession(someone);
      expect((await someone.enter('courses')).url.pathname).toBe('/courses');
      seen.add(deviceOf(someone));
    }
    expect(seen.size).toBe(4);
  });

  it('forgets only on the one browser what was said there', async () => {
    const someone = await scene.member({ remember: 'yes' });
    const elsewhere = scene.elsewhere(someone);
    expect(asksCode(await elsewhere.enter('courses'))).toBe(true);
  });

  it('is kept apart by account on one browser', async () => {
    const [one, two] = [await scene.member({ remember: 'yes' }), await scene.member({ remember: 'yes' })];
    newSession(one);
    const guest = scene.elsewhere(two, one.client);
    const page = await guest.enter('courses');
    expect(asksCode(page)).toBe(true);
    await guest.remember(await guest.code(page, scene.nextCode(guest)), 'yes');
    for (const person of [one, guest]) {
      newSession(person);
      expect((await person.enter('courses')).url.pathname).toBe('/courses');
    }
  });
});

describe('a remembered device in time', () => {
  const scene = stage(() => ({ config: { policy } }));

  it('is never prolonged by being used', async () => {
    const someone = await scene.member({ remember: 'yes' });
    for (let day = 6; day < 30; day += 6) {
      scene.clock.advance(6 * DAYS);
      newSession(someone);
      expect((await someone.enter('courses')).url.pathname).toBe('/courses');
    }
    scene.clock.advance(6 * DAYS + 1 * SECONDS);
    newSession(someone);
    expect(asksCode(await someone.enter('courses'))).toBe(true);
  });

  it('is renewed by a new second factor, without a question', async () => {
    const someone = await scene.member({ remember: 'yes' });
    scene.clock.advance(20 * DAYS);
    newSession(someone);
    const library = await someone.code(await someone.enter('library'), scene.nextCode(someone));
    expect(library.url.pathname).toBe('/library');
    scene.clock.advance(20 * DAYS);
    newSession(someone);
    expect((await someone.enter('courses')).url.pathname).toBe('/courses');
  });

  it('doesn’t move the time of the authentication', async () => {
    const someone = await scene.member({ remember: 'yes' });
    scene.clock.advance(3 * HOURS);
    newSession(someone);
    await someone.enter('courses');
    const claims = (await someone.claims('courses')) as { claims: { auth_time: number } };
    expect(Math.abs(claims.claims.auth_time * 1000 - Date.now())).toBeLessThan(30 * SECONDS);
    scene.clock.advance(30 * MINUTES);
    await someone.begin('library');
    const later = (await someone.claims('library')) as { claims: { auth_time: number } };
    expect(later.claims.auth_time).toBe(claims.claims.auth_time);
  });
});
