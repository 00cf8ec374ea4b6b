import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client, Reply } from '../../../../test/support/client.ts';
import { SIBLING, toss } from '../../../../test/support/fronted.ts';
import { FORM, messageIn, type Scene, shown, stage } from './testing/scene.ts';

/** A sign-out's way through a browser is that browser's, whatever cookies another host of the domain plants. */
let scene: Scene;
beforeAll(async () => {
  scene = await stage({ fronted: true });
});
afterAll(() => scene.close());

const PATHS = ['/', '/saml/logout', '/saml/logout/next', '/saml/logout/answer', '/saml/logout/request'];
const EVIL = { from: SIBLING.origin };
const at = (path: string) => `${scene.issuer}${path}`;
const bonds = ({ jar }: Client) => jar.all().filter(({ name }) => name.includes('sallyport.'));

function expectOver(reply: Reply): void {
  expect(shown(reply)).toMatchObject({ page: 'error', status: 400, model: { key: 'over' } });
}

/** A LogoutRequest of beta's in this browser, by POST; where the browser is sent then. */
async function posted(client: Client): Promise<URL> {
  const { name, index } = scene.idsOf(client, 'beta');
  const body = scene.byPost('beta', scene.request('beta', name, index));
  const reply = await client.post(scene.slo, body, { ...FORM, from: 'https://beta.example' });
  if (reply.location === undefined) throw new Error(`not taken: ${reply.status}`);
  return reply.location;
}

describe('in a browser where somebody’s cookies were planted', () => {
  it('their round shows nothing and goes nowhere', async () => {
    const attacker = await scene.member('alpha');
    await attacker.open(at('/leave'));
    expect(bonds(attacker)).toMatchObject([
      { hostOnly: true, path: '/', secure: true, httpOnly: true, sameSite: 'lax' },
    ]);
    const victim = await scene.member('beta');
    toss(victim.jar, attacker.jar, ...PATHS);
    for (const path of PATHS.slice(1)) expectOver(await victim.get(at(path), EVIL));
    expect(scene.isSignedIn(victim)).toBe(true);
    expect(messageIn(await attacker.get(at('/saml/logout/next'))).to).toBe('https://alpha.example/slo');
  });

  it('their posted request ends no session, and is theirs still', async () => {
    const attacker = await scene.member('beta');
    const address = await posted(attacker);
    const victim = await scene.member('beta');
    toss(victim.jar, attacker.jar, ...PATHS);
    expectOver(await victim.get(address, EVIL));
    expect(scene.isSignedIn(victim)).toBe(true);
    expect(messageIn(await attacker.get(address)).xml).toContain('status:Success');
    expectOver(await attacker.get(address));
  });

  it('the answer that is due to a service provider isn’t fetched', async () => {
    const attacker = await scene.member('alpha', 'beta');
    await attacker.get(await posted(attacker));
    const victim = await scene.member();
    toss(victim.jar, attacker.jar, ...PATHS);
    expectOver(await victim.get(at('/saml/logout/answer'), EVIL));
    expect(messageIn(await attacker.get(at('/saml/logout/answer'))).xml).toContain('LogoutResponse');
  });
});

it('two requests that are posted in the same browser at once don’t meet', async () => {
  const client = await scene.member('beta');
  const addresses = [await posted(client), await posted(client)];
  expect(bonds(client)).toHaveLength(2);
  for (const address of addresses) expect(messageIn(await client.get(address)).xml).toContain('status:Success');
  expect(bonds(client)).toEqual([]);
});
