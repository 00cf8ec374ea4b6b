import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Client } from '../support/client.ts';
import { application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { answerOf, Person, RelyingParty } from '../support/relying-party.ts';

/** Characters that Basic authentication encodes (RFC 6749 section 2.3.1, appendix B). */
const AWKWARD = 'a+secret/with%25characters==that&change-0123456789';
const CALLBACK = 'http://127.0.0.1:9/site/callback';

const it_ = gatewayOfFile({
  applications: { site: application('site'), awkward: application('awkward', { clientSecret: AWKWARD }) },
  policy: { rules: rules('site', 'awkward') },
});

/** Fields of the log's lines about refused requests, since a call of this. */
function logged() {
  const before = it_.gateway.logs.length;
  return () =>
    it_.gateway.logs
      .slice(before)
      .filter(({ message }) => message === 'an OpenID Connect request was refused')
      .map(({ fields }) => fields);
}

/** What the audit has of refused requests. */
function audited(): { application: string; detail: Record<string, unknown> }[] {
  const file = new DatabaseSync(join(it_.folder, 'data', 'sallyport.db'), { readOnly: true });
  try {
    const rows = file.prepare("SELECT application, detail FROM audit WHERE event = 'oidc.refused'").all();
    return rows.map(({ application: id, detail }) => ({ application: String(id), detail: JSON.parse(String(detail)) }));
  } finally {
    file.close();
  }
}

const exchange = (id: string, secret: string) =>
  new Client({
    headers: {
      ...{ origin: undefined, accept: 'application/json', 'sec-fetch-site': undefined },
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    },
  }).post(`${it_.gateway.url}/token`, { grant_type: 'authorization_code', code: 'x', redirect_uri: CALLBACK });

describe('a refused request', () => {
  it('is one line: whose it was, why, and the reference that its person reads', async () => {
    const lines = logged();
    const person = new Person(it_.gateway, 'alice');
    const query = { client_id: 'site', response_type: 'code', scope: 'openid', redirect_uri: `${CALLBACK}/other` };
    const page = await person.client.open(`${it_.gateway.url}/authorize?${new URLSearchParams(query)}`);
    const [, reference] = /Reference: ([A-Z0-9]{10})/.exec(page.text) ?? [];
    expect(lines()).toEqual([
      {
        ...{ application: 'site', endpoint: 'authorization', reference },
        ...{ error: expect.stringMatching(/^invalid_/), reason: expect.any(String) },
      },
    ]);
    const facts = { endpoint: 'authorization', reference };
    await expect.poll(audited).toContainEqual({ application: 'site', detail: expect.objectContaining(facts) });
  });

  it('is no alarm where it is the answer that was asked for', async () => {
    const lines = logged();
    const site = await RelyingParty.of(it_.gateway, 'site', { redirectUri: CALLBACK });
    const nobody = new Person(it_.gateway, 'alice');
    const { url } = await site.begin({ prompt: 'none' });
    expect(answerOf(await nobody.client.open(url))).toMatchObject({ error: 'login_required' });
    expect(lines()).toMatchObject([{ application: 'site', error: 'login_required' }]);
    expect(audited().filter(({ detail }) => detail.error === 'login_required')).toEqual([]);
  });

  it('fills no audit, however often a stranger causes it', async () => {
    const lines = logged();
    for (let times = 0; times < 20; times += 1) expect((await exchange('site', 'wrong')).status).toBe(401);
    expect(lines()).toHaveLength(20);
    const found = () => audited().filter(({ application: id, detail }) => id === 'site' && detail.endpoint === 'token');
    await expect.poll(found).toHaveLength(1);
    const unknown = await exchange('nobody-knows-me', 'wrong');
    expect(unknown.status).toBe(401);
    expect(audited().map(({ application: id }) => id)).not.toContain('nobody-knows-me');
  });

  it('names a secret that was sent without percent-encoding, to who knows it alone, and never shows it', async () => {
    const lines = logged();
    const encoded = encodeURIComponent(AWKWARD);
    expect((await exchange('awkward', encoded)).text).toContain('invalid_grant');
    expect((await exchange('awkward', AWKWARD)).text).toContain('invalid_client');
    expect((await exchange('awkward', `${AWKWARD}x`)).text).toContain('invalid_client');
    const reasons = lines().map((fields) => (fields as { reason?: string }).reason);
    expect(reasons[1]).toContain('percent-encoded');
    expect(reasons[2]).not.toContain('percent-encoded');
    expect(JSON.stringify(it_.gateway.logs)).not.toContain('a+secret');
  });
});
