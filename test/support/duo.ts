import type { Duo } from '../../src/factors/duo/testing/duo.ts';
import type { Client, Reply } from './client.ts';
import type { Someone } from './scene.ts';

/** Factors and rules of an institution that moves away from Duo: payroll asks Duo alone, courses either. */
export const moving = (duo: Duo, more: object = {}) => ({
  factors: { password: {}, totp: {}, duo: duo.settings(more) },
  policy: {
    rules: [
      { name: 'library', applications: ['library'], level: 'sfa' },
      { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d', factors: ['duo', 'totp'] },
      { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never', factors: ['duo'] },
      { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
    ],
  },
});

/** The way there that a page shows. */
function wayToDuo(page: Reply): URL {
  const href = /href="([^"]*\/leave\?[^"]*to=duo)"/.exec(page.body)?.[1];
  if (href === undefined) throw new Error(`no way to Duo: ${page.status} ${page.text}`);
  return new URL(href.replaceAll('&amp;', '&'), page.url);
}

export const leadsToDuo = (page: Reply): boolean => page.body.includes('to=duo');

/** Leaves for Duo; its page. */
export async function atDuo(someone: Someone, page: Reply): Promise<Reply> {
  return someone.client.open(wayToDuo(page));
}

/** Presses the button there; where Duo sends the browser. */
export async function approvedAt(client: Client, page: Reply): Promise<URL> {
  const gone = await client.submit(page);
  if (gone.location === undefined) throw new Error(`Duo sends nobody back: ${gone.status} ${gone.body}`);
  return gone.location;
}

/** There and back. */
export async function throughDuo(someone: Someone, page: Reply): Promise<Reply> {
  return someone.client.open(await approvedAt(someone.client, await atDuo(someone, page)));
}
