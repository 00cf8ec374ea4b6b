import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { SamlSite } from '../support/saml-site.ts';
import { stage } from '../support/scene.ts';

const site = await SamlSite.start();
const scene = stage(() => ({
  config: {
    strangers: { perAddress: 256, total: 1024 },
    doors: { saml: {} },
    applications: { wiki: { name: 'wiki', saml: { metadata: { file: site.metadata('wiki') } } } },
  },
}));
afterAll(() => site.close());

describe('AuthnRequests that nobody has signed', () => {
  const relayState = 'r'.repeat(2_000);
  const id = () => `_${randomBytes(16).toString('hex')}`;
  const post = (which = id()) => site.post(new Client(), 'wiki', scene.gateway.url, { id: which, relayState });

  it('leave nothing once their address has begun too much: not even that they were seen', async () => {
    let sent = 0;
    for (let status = 303; status === 303; sent += 1) status = (await post()).status;
    expect(sent).toBeLessThan(120);
    // What fits into the rest is less than one that is kept.
    for (let rest = 0; rest < 20; rest += 1) await post();
    const last = id();
    for (let time = 0; time < 3; time += 1) {
      const refused = await post(last);
      expect(refused.status, refused.text).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
  });
});
