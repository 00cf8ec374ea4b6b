import { describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { interrupted } from '../support/interrupted.ts';
import {
  asksCode,
  asksPassword,
  asksToRemember,
  post,
  type Scene,
  type Someone,
  STORES,
  stage,
  usually,
} from '../support/scene.ts';

/** What a sign-in keeps, in the order in which it does, by where it lies. */
const WRITES = [
  ['where it stands', 'sign-in:'],
  ['a remembered device', 'device:'],
  ['what it collected', 'collected:'],
  ['its result', 'oidc:Interaction:'],
  ['a session', 'oidc:session:'],
  ['evidence', 'evidence:'],
  ['a grant', 'oidc:Grant:'],
] as const;
/** What an application of OpenID Connect is given, and what one of SAML. */
const GIVEN = [
  ['a code', 'oidc:AuthorizationCode:'],
  ['an access token', 'oidc:AccessToken:'],
  ['a refresh token', 'oidc:RefreshToken:'],
] as const;

async function refreshed(scene: Scene, someone: Someone): Promise<boolean> {
  const url = `${scene.gateway.relyingParty}/courses/refresh`;
  return (await someone.client.follow(await someone.client.post(url))).status === 200;
}

/** Signs out everywhere, once it is called; the page is open already. */
async function leaving(scene: Scene, owner: Someone): Promise<() => Promise<void>> {
  const confirm = await owner.client.open(`${scene.gateway.url}/account/sign-out-everywhere`);
  return async () => {
    const out = await owner.client.submit(confirm, {}, { action: '/sign-out-everywhere' });
    expect((await owner.client.follow(out)).text).toContain('You’re signed out');
    // Whatever is written from here on is newer than the end by the clock.
    scene.clock.advance(2 * SECONDS);
  };
}

describe.each(STORES)('a sign-out everywhere in the middle of a sign-in, on the %s store', (name, options) => {
  const writes = interrupted();
  const scene = stage(() => ({ ...options(), serviceProvider: true, between: writes.over }));

  it.each([
    ...WRITES.flatMap(([what, prefix]) => [[what, 'courses', prefix] as const, [what, 'laboratory', prefix] as const]),
    ...GIVEN.map(([what, prefix]) => [what, 'courses', prefix] as const),
    ['how it ended', 'laboratory', 'oidc:ended:'] as const,
    ['the name in an assertion', 'laboratory', 'saml:names:'] as const,
  ])('leaves %s dead that was about to be written (%s)', async (_what, application, prefix) => {
    const owner = await scene.member();
    const leave = await leaving(scene, owner);
    const other = scene.elsewhere(owner);
    const code = scene.nextCode(owner);
    // Not the first state of all: that one knows nobody yet.
    const page = await other.begin(application);
    const came = writes.before(prefix, leave);
    let after = await other.password(page, other.username);
    if (asksCode(after)) after = await other.code(after, code);
    if (asksToRemember(after)) after = await other.remember(after, 'yes');
    expect(came()).toBe(true);

    expect(await other.subject(application)).toBeUndefined();
    expect(await refreshed(scene, other)).toBe(false);
    expect(asksPassword(await other.begin('library'))).toBe(true);
    // Not remembered either.
    expect(asksCode(await other.enter('courses'))).toBe(true);
  });

  const isUsual = usually(STORES).some(([usual]) => usual === name);
  const hundred = async () => {
    const owner = await scene.member();
    const leave = await leaving(scene, owner);
    const proven: { other: Someone; reply: Reply }[] = [];
    for (let count = 0; count < 100; count += 1) {
      const other = scene.elsewhere(owner);
      const page = await other.begin('library');
      proven.push({ other, reply: await post(other, page, { username: other.username, password: PASSWORD }) });
    }
    await Promise.all([
      leave(),
      ...proven.map(({ other, reply }) => other.client.follow(reply).catch(() => undefined)),
    ]);
    for (const { other } of proven) {
      expect(await other.subject('library')).toBeUndefined();
      expect(asksPassword(await other.begin('library'))).toBe(true);
    }
  };
  if (isUsual) it('leaves nothing alive of a hundred that come back at the same moment', hundred);
});
