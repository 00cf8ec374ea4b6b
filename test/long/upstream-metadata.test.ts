import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { sign } from '../../src/saml/testing/messages.ts';
import { Client } from '../support/client.ts';
import { HOURS } from '../support/clock.ts';
import { freePort } from '../support/ports.ts';
import { RelyingParty } from '../support/relying-party.ts';
import {
  type Asked,
  formOf,
  leave,
  responseOf,
  type SamlUpstream,
  startSamlUpstream,
} from '../support/saml-upstream.ts';
import { stage } from '../support/scene.ts';

/** A house changes its signing key: by its metadata alone is it known which one counts, and by no older document. */

const folder = mkdtempSync(join(tmpdir(), 'sallyport-metadata-'));
const ports = { gateway: 0, relyingParty: 0 };
const keys = {} as Record<'first' | 'second' | 'stolen', Identity>;
let federation: Identity;
let partner: SamlUpstream;
let server: Server;
/** What is published now, and how often it was given out. */
const published = { xml: '', asked: 0 };

beforeAll(async () => {
  Object.assign(ports, { gateway: await freePort(), relyingParty: await freePort() });
  federation = await createIdentity();
  for (const name of ['first', 'second', 'stolen'] as const) keys[name] = await createIdentity();
  partner = await startSamlUpstream(`http://localhost:${ports.gateway}`, folder);
  publish(keys.first);
  server = createServer((_, response) => {
    published.asked += 1;
    response.end(published.xml);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  partner?.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const scene = stage(() => ({
  ports,
  withoutRelyingParty: true,
  config: {
    directories: {
      partner: {
        ...partner.directory,
        metadata: {
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          certificate: federation.certificatePem,
          refresh: '6h',
        },
      },
    },
  },
}));

/** Metadata of the house with this key, and others. */
function documentOf(key: Identity, { further = [] as Identity[], lasts = 48 * HOURS, signer = federation } = {}) {
  Object.assign(partner.idp, { identity: key, further });
  const until = new Date(Date.now() + lasts).toISOString();
  const xml = partner.idp
    .metadata()
    .replace('<md:EntityDescriptor ', `<md:EntityDescriptor ID="_m" validUntil="${until}" `);
  return sign(xml, signer, { element: 'EntityDescriptor' });
}
function publish(...of: Parameters<typeof documentOf>): void {
  published.xml = documentOf(...of);
}

/** The gateway asks again: it is time, and it has just begun. */
async function refreshed(): Promise<void> {
  const before = published.asked;
  scene.clock.advance(7 * HOURS);
  await scene.restart();
  await expect.poll(() => published.asked, { timeout: 10_000 }).toBeGreaterThan(before);
}

/** How it ended for a browser that was sent away; a refresh's outcome comes a moment after its answer. */
const UNBELIEVABLE = 'What came back couldn’t be verified';

interface Away {
  browser: Client;
  asked: Asked;
  home: string;
}

async function away(): Promise<Away> {
  const library = await RelyingParty.of(scene.gateway, 'library');
  const browser = new Client();
  const asked = await leave(browser, await browser.open((await library.begin()).url));
  return { browser, asked, home: library.redirectUri };
}

async function back({ browser, asked, home }: Away, signer: Identity): Promise<'in' | 'refused' | string> {
  const fields = formOf(responseOf(partner, asked, { signer }), asked);
  const posted = await browser.post(partner.acs, fields, { from: partner.idp.url });
  const end = await browser.follow(posted, (next) => next.href.startsWith(home));
  return end.location !== undefined ? 'in' : end.text.includes(UNBELIEVABLE) ? 'refused' : end.text;
}

const by = async (signer: Identity) => back(await away(), signer);

it('is believed by the key of now from the refresh on, and by no former, forged or older one', {
  timeout: 240_000,
}, async () => {
  const { first, second, stolen } = keys;
  expect([await by(first), await by(second)]).toEqual(['in', 'refused']);
  const old = published.xml;

  // While a key is exchanged both count.
  publish(first, { further: [second] });
  await refreshed();
  await expect.poll(() => by(second), { timeout: 10_000 }).toBe('in');
  expect(await by(first)).toBe('in');

  // The former one is gone.
  publish(second);
  await refreshed();
  await expect.poll(() => by(first), { timeout: 10_000 }).toBe('refused');
  expect(await by(second)).toBe('in');

  // What a stranger publishes, what has ended, and what was true before changes nothing.
  const before = Date.now();
  const forgeries = {
    stranger: () => documentOf(stolen, { signer: stolen }),
    over: () => documentOf(stolen, { lasts: -1 * HOURS }),
    older: () => old,
  };
  for (const [name, forged] of Object.entries(forgeries)) {
    published.xml = forged();
    await refreshed();
    expect([name, await by(second), await by(stolen), await by(first)]).toEqual([name, 'in', 'refused', 'refused']);
  }
  // By now what was asked for last has been looked at too.
  await refreshed();
  expect([await by(second), await by(first)]).toEqual(['in', 'refused']);

  // What was published last counts until it ends, and nothing after that.
  scene.clock.advance(before + 48 * HOURS - Date.now());
  expect(await by(second).catch(String)).not.toBe('in');
  publish(second);
  await refreshed();
  await expect.poll(() => by(second), { timeout: 10_000 }).toBe('in');
});
