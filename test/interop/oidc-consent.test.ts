import { decodeJwt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { API, application, gatewayOfFile, rules } from '../support/oidc-gateway.ts';
import { advance, answerOf, type Parameters, Person, RelyingParty, userinfo } from '../support/relying-party.ts';

/** An application with `consent: ask`: people decide, once for each thing asked. */
const scopes = { scopes: ['openid', 'profile', 'email', 'groups'] };
const it_ = gatewayOfFile({
  applications: { survey: application('survey', scopes, { consent: 'ask' }) },
  doors: { oidc: { resources: { [API]: { scopes: ['read', 'write'], applications: ['survey'] } } } },
  policy: { rules: rules('survey') },
});

let survey: RelyingParty;

beforeAll(async () => {
  survey = await RelyingParty.of(it_.gateway, 'survey', { redirectUri: 'http://127.0.0.1:9/survey/callback' });
});

async function asked(person: Person, parameters: Parameters = {}) {
  const flow = await survey.begin(parameters);
  const page = await person.client.open(flow.url);
  return { flow, page: page.body.includes('name="password"') ? await person.type(page) : page };
}

const decide = async (person: Person, page: Reply, consent: 'allow' | 'deny') => {
  const { pathname } = page.url;
  const sent = await person.client.submit(page, { consent }, { action: pathname, button: consent });
  return person.client.follow(sent);
};

describe('consent', () => {
  it('denied: access_denied, and asked again the next time', async () => {
    const person = new Person(it_.gateway, 'bob');
    const { flow, page } = await asked(person);
    expect(page.body).toContain('value="allow"');
    expect(answerOf(await decide(person, page, 'deny'))).toMatchObject({ error: 'access_denied', state: flow.state });
    expect((await asked(person)).page.body).toContain('value="allow"');
  });

  it('allowed: durable over sessions, until more is asked for', async () => {
    const person = new Person(it_.gateway, 'alice');
    const { flow, page } = await asked(person, { scope: 'openid profile' });
    const tokens = await survey.exchange(flow, (await decide(person, page, 'allow')).location);
    expect((await userinfo(it_.gateway, tokens.access_token)).json()).toMatchObject({ name: 'Alice Student' });

    expect((await survey.visit(person, { scope: 'openid profile' })).scope).toBe('openid profile');
    advance(9 * 3_600_000);
    const later = new Person(it_.gateway, 'alice');
    expect((await later.signIn(survey, { scope: 'openid profile' })).scope).toBe('openid profile');
    expect((await later.signIn(survey, { scope: 'openid' })).scope).toBe('openid');

    const more = await asked(later, { scope: 'openid profile email' });
    expect(more.page.body).toContain('value="allow"');
    expect(answerOf(await decide(later, more.page, 'deny'))).toMatchObject({ error: 'access_denied' });
    expect((await asked(later, { scope: 'openid email' })).page.body).toContain('value="allow"');
    expect((await survey.visit(later, { scope: 'openid profile' })).scope).toBe('openid profile');
  });

  it('what was once allowed stays when more is allowed', async () => {
    const person = new Person(it_.gateway, 'bob');
    for (const scope of ['openid profile', 'openid email']) {
      const { flow, page } = await asked(person, { scope });
      await survey.exchange(flow, (await decide(person, page, 'allow')).location);
    }
    const later = new Person(it_.gateway, 'bob');
    expect((await later.signIn(survey, { scope: 'openid profile email' })).scope).toBe('openid profile email');
  });

  it('single claims and resources are asked for too, and named', async () => {
    const person = new Person(it_.gateway, 'alice');
    const claims = JSON.stringify({ userinfo: { groups: null } });
    const first = await asked(person, { scope: 'openid profile', claims });
    expect(first.page.body).toContain('value="allow"');
    await survey.exchange(first.flow, (await decide(person, first.page, 'allow')).location);
    const second = await asked(person, { scope: 'openid profile read', resource: API });
    expect(second.page.text).toContain(API);
    const tokens = await survey.exchange(second.flow, (await decide(person, second.page, 'allow')).location);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: API, scope: 'read' });
    const wider = await asked(person, { scope: 'openid profile read write', resource: API });
    expect(wider.page.body).toContain('value="allow"');
  });

  it('prompt=none answers consent_required', async () => {
    const person = new Person(it_.gateway, 'alice');
    await person.signIn(survey, { scope: 'openid profile' });
    const flow = await survey.begin({ prompt: 'none', scope: 'openid profile email groups' });
    expect(answerOf(await person.client.open(flow.url))).toMatchObject({ error: 'consent_required' });
  });

  it('prompt=consent asks, although it was given', async () => {
    const person = new Person(it_.gateway, 'alice');
    const { page } = await asked(person, { prompt: 'consent', scope: 'openid profile' });
    expect(page.body).toContain('value="allow"');
  });

  it('is given by the form of this very page alone', async () => {
    const person = new Person(it_.gateway, 'bob');
    const { page } = await asked(person, { scope: 'openid groups' });
    expect((await person.client.post(page.url, { consent: 'allow' })).status).toBe(403);
    const unclear = await person.client.submit(page, { consent: 'perhaps' }, { action: page.url.pathname });
    expect(answerOf(await person.client.follow(unclear))).toMatchObject({ error: 'access_denied' });
  });
});
