import { expect, it } from 'vitest';
import { proxies } from './settings.ts';

const listen = { host: '0.0.0.0', port: 3000, drain: 0 };
const ISSUER = 'https://login.example.edu';

function levels(trustedProxies: readonly string[], issuer = ISSUER, tls?: { cert: string; key: string }): string[] {
  return proxies({ issuer, listen: { ...listen, tls }, trustedProxies }).map(({ level, text }) => `${level}: ${text}`);
}

it('sees a proxy that isn’t trusted, by whom everybody is counted', () => {
  expect(levels([])).toEqual([expect.stringMatching(/^fault: TLS ends before the gateway, at a proxy that/)]);
  expect(levels(['10.20.0.10'])).toEqual(['good: trusted: 10.20.0.10']);
  expect(levels([], ISSUER, { cert: 'a', key: 'b' })[0]).toMatch(/^good: /);
  expect(levels([], 'http://localhost:3000')[0]).toMatch(/^good: /);
});

it('sees trust in everybody, and in more than anybody has proxies', () => {
  for (const all of ['0.0.0.0/0', '::/0'])
    expect(levels(['10.20.0.10', all])).toEqual([expect.stringMatching(/^fault: .*chooses the address/)]);
  for (const wide of ['10.0.0.0/8', '2001:db8::/32'])
    expect(levels([wide])).toEqual([expect.stringMatching(/^notice: .*can pass for any address/)]);
  for (const narrow of ['10.20.0.0/24', '2001:db8::/64']) expect(levels([narrow])[0]).toMatch(/^good/);
});
