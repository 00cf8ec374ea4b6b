import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client, Reply } from '../../../../test/support/client.ts';
import { DENIED, FORM, messageIn, NAME, type Scene, shown, stage } from './testing/scene.ts';
import { PATIENCE } from './walk.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await stage();
});
beforeEach(() => {
  scene.events.length = 0;
  scene.warnings.length = 0;
  delete scene.validity.until;
  scene.outside.fetch = () => Promise.reject(new Error('nobody there'));
});
afterAll(() => scene.close());

const states = (reply: Reply) => shown(reply).model.applications.map(({ state }) => state);
const audited = () => scene.events.map(({ event, application }) => `${event} ${application ?? ''}`.trim());
const at = (path: string) => `${scene.issuer}${path}`;
const GONE =
  '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Requester"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"/></samlp:StatusCode></samlp:Status>';
const PARTIAL = 'urn:oasis:names:tc:SAML:2.0:status:PartialLogout';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** Begins a walk for a browser, through all that its session took part in; answers its first page. */
const begin = (client: Client): Promise<Reply> => client.open(at('/leave'));

const goOn = (client: Client, page: Reply) => client.get(at(shown(page).model.next));
const leave = (client: Client, answer: string) => client.open(answer, { from: 'https://sp.example' });

describe('a walk by browser', () => {
  it('visits one after the other, by the binding of each, and then goes on', async () => {
    const client = await scene.member('alpha', 'beta');
    const first = await begin(client);
    expect(shown(first)).toMatchObject({ page: 'leaving', model: { next: '/saml/logout/next' } });
    expect(states(first)).toEqual(['waiting', 'waiting']);
    expect(shown(first).model.after).toBeGreaterThan(0);

    const toAlpha = messageIn(await goOn(client, first));
    expect(toAlpha.to).toBe('https://alpha.example/slo');
    const { index, name } = scene.idsOf(client, 'alpha');
    expect(toAlpha.xml).toContain(`>${name}</saml:NameID>`);
    expect(toAlpha.xml).toContain(`<samlp:SessionIndex>${index}</samlp:SessionIndex>`);
    const second = await leave(client, scene.byRedirect('alpha', scene.response('alpha', toAlpha.id)));
    expect(states(second)).toEqual(['told', 'waiting']);

    const form = await goOn(client, second);
    expect(form.headers['x-form-action']).toBe('https:');
    expect(shown(form).model.leaving).toBe(true);
    const toBeta = messageIn(form);
    expect(toBeta.to).toBe('https://beta.example/slo');
    const posted = await client.post(scene.slo, scene.byPost('beta', scene.response('beta', toBeta.id)), {
      ...FORM,
      from: 'https://beta.example',
    });
    const last = await client.follow(posted);
    expect(states(last)).toEqual(['told', 'told']);
    expect(shown(last).model).toMatchObject({ next: '/signed-out', after: expect.any(Number) });
    expect(audited()).toEqual(['logout.by-browser', 'logout.application alpha', 'logout.application beta']);
  });

  it('names who refuses, and stops to say so', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const last = await leave(client, scene.byRedirect('alpha', scene.response('alpha', id, DENIED)));
    expect(states(last)).toEqual(['unreached']);
    expect(shown(last).model.next).toBe('/signed-out');
    expect(shown(last).model).not.toHaveProperty('after');
    expect(audited()).toEqual(['logout.by-browser', 'logout.unreached alpha']);
  });

  it('tells an application under every name that the session gave it, and shows it once', async () => {
    const client = await scene.member('alpha');
    await scene.alsoKnown(client, 'alpha', 'earlier');
    const first = await begin(client);
    expect(states(first)).toEqual(['waiting']);
    const told: string[] = [];
    let page = first;
    for (const status of [undefined, GONE]) {
      const message = messageIn(await goOn(client, page));
      told.push(/>([^<]+)<\/saml:NameID>/.exec(message.xml)?.[1] ?? '');
      page = await leave(client, scene.byRedirect('alpha', scene.response('alpha', message.id, status)));
      expect(states(page)).toEqual([status === undefined ? 'waiting' : 'told']);
    }
    expect(told.toSorted()).toEqual(['earlier', scene.idsOf(client, 'alpha').name]);
    expect(audited()).toEqual(['logout.by-browser', 'logout.application alpha']);
  });

  it('counts one as unreached that knows the person by none of the names', async () => {
    const client = await scene.member('alpha');
    const message = messageIn(await goOn(client, await begin(client)));
    const page = await leave(client, scene.byRedirect('alpha', scene.response('alpha', message.id, GONE)));
    expect(states(page)).toEqual(['unreached']);
  });

  it('takes a partial logout for one that reached the application itself', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const partly = `<samlp:Status><samlp:StatusCode Value="${SUCCESS}"><samlp:StatusCode Value="${PARTIAL}"/></samlp:StatusCode></samlp:Status>`;
    expect(states(await leave(client, scene.byRedirect('alpha', scene.response('alpha', id, partly))))).toEqual([
      'told',
    ]);
  });

  it('leaves behind whoever doesn’t send the browser back, but not at once', async () => {
    const client = await scene.member('alpha', 'beta');
    const page = await begin(client);
    const first = messageIn(await goOn(client, page));
    const back = await client.get(at('/saml/logout'));
    expect(states(back)).toEqual(['telling', 'waiting']);
    expect(shown(back).model.after).toBe(PATIENCE);
    // Clicked twice: to the same one again, and either answer counts.
    const again = messageIn(await goOn(client, back));
    expect(again.to).toBe(first.to);
    expect(again.id).not.toBe(first.id);

    scene.clock.now += PATIENCE;
    expect(states(await client.get(at('/saml/logout')))).toEqual(['unreached', 'waiting']);
    expect(messageIn(await goOn(client, back)).to).toBe('https://beta.example/slo');
    // It comes late, and is welcome.
    const late = await leave(client, scene.byRedirect('alpha', scene.response('alpha', first.id)));
    expect(states(late)).toEqual(['told', 'telling']);
  });

  it('goes on from the link alone when the page between was never seen', async () => {
    const client = await scene.member('alpha', 'beta');
    await goOn(client, await begin(client));
    scene.clock.now += PATIENCE;
    expect(messageIn(await client.get(at('/saml/logout/next'))).to).toBe('https://beta.example/slo');
    scene.clock.now += PATIENCE;
    const end = await client.open(at('/saml/logout/next'));
    expect(states(end)).toEqual(['unreached', 'unreached']);
  });

  it('doesn’t send anybody to an application whose metadata has expired', async () => {
    const client = await scene.member('alpha');
    const page = await begin(client);
    scene.validity.until = scene.clock.now;
    const last = await client.follow(await goOn(client, page));
    expect(states(last)).toEqual(['unreached']);
  });
});

describe('answers that prove nothing', () => {
  it('leaves the walk as it is for a message id that nobody sent', async () => {
    const client = await scene.member('alpha');
    await goOn(client, await begin(client));
    const page = await leave(client, scene.byRedirect('alpha', scene.response('alpha', '_forged')));
    expect(states(page)).toEqual(['telling']);
  });

  it('takes another service provider’s answer for nobody else’s, and the right one afterwards', async () => {
    const client = await scene.member('alpha', 'beta');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const forged = await leave(client, scene.byRedirect('beta', scene.response('beta', id)));
    expect(states(forged)).toEqual(['telling', 'waiting']);
    const right = await leave(client, scene.byRedirect('alpha', scene.response('alpha', id)));
    expect(states(right)).toEqual(['told', 'waiting']);
  });

  it('takes an answer once', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const answer = scene.byRedirect('alpha', scene.response('alpha', id));
    await leave(client, answer);
    const again = await leave(client, answer);
    expect(states(again)).toEqual(['told']);
    // Another message that answers the same request changes nothing either.
    const contrary = await leave(client, scene.byRedirect('alpha', scene.response('alpha', id, DENIED)));
    expect(states(contrary)).toEqual(['told']);
    expect(audited()).toEqual(['logout.by-browser', 'logout.application alpha']);
  });

  it('takes one of many that come at the same moment', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const answers = Array.from({ length: 100 }, (_, at) =>
      scene.byRedirect('alpha', scene.response('alpha', id, at % 2 === 0 ? DENIED : undefined)),
    );
    const replies = await Promise.all(answers.map((answer) => client.get(answer)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([303]));
    expect(audited().slice(1)).toHaveLength(1);
    expect(scene.warnings.filter((it) => it.startsWith('LogoutResponse to nothing'))).toHaveLength(99);
  });

  it('goes on, and believes nothing, after an answer that is unsigned or signed by another', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const wrong = await leave(client, scene.byRedirect('beta', scene.response('alpha', id)));
    expect(states(wrong)).toEqual(['telling']);
    const unsigned = scene.byRedirect('alpha', scene.response('alpha', id)).replace(/&SigAlg=.*/, '');
    expect(states(await leave(client, unsigned))).toEqual(['telling']);
    expect(scene.warnings).toContain('LogoutResponse refused');
  });
});

describe('whose walk it is', () => {
  it('belongs to the browser that signed out, and no address leads to it', async () => {
    const client = await scene.member('alpha');
    const page = await begin(client);
    expect(page.url.href).toBe(at('/saml/logout'));
    const other = await scene.member();
    for (const path of ['/saml/logout', '/saml/logout/next', '/saml/logout/answer', '/saml/logout/request']) {
      expect(shown(await other.open(at(path)))).toMatchObject({ page: 'error', status: 400, model: { key: 'over' } });
    }
    expect(states(await client.get(at('/saml/logout')))).toEqual(['waiting']);
  });

  it('is replaced by the next one, for which an answer to the one before counts nothing', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    await scene.signIn(client, 'alpha');
    const page = await begin(client);
    expect(states(page)).toEqual(['waiting']);
    expect(states(await leave(client, scene.byRedirect('alpha', scene.response('alpha', id))))).toEqual(['waiting']);
  });

  it('notes an answer that comes by another browser, and shows it nothing', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const other = await scene.member();
    const page = await leave(other, scene.byRedirect('alpha', scene.response('alpha', id)));
    expect(shown(page)).toMatchObject({ page: 'error', model: { key: 'over' } });
    expect(states(await client.get(at('/saml/logout')))).toEqual(['told']);
  });

  it('is over after half an hour', async () => {
    const client = await scene.member('alpha');
    await begin(client);
    scene.clock.now += 1_800_000;
    expect(shown(await client.get(at('/saml/logout'))).model.key).toBe('over');
  });

  it('keeps no value at rest that would open it', async () => {
    const client = await scene.member('alpha');
    const { id } = messageIn(await goOn(client, await begin(client)));
    const cookie = client.jar
      .for(new URL(scene.issuer), { method: 'GET', crossSite: false })
      .find(({ name }) => name.startsWith('sallyport.logout.'));
    expect(cookie?.value).toMatch(/^[\w-]{52}$/);
    const kept = JSON.stringify([scene.store.keys(), scene.store.values()]);
    expect(kept).not.toContain(cookie?.value);
    expect(kept).not.toContain(id);
  });
});

describe('begun by a service provider', () => {
  const ask = (client: Client, from: string, relayState?: string, format?: string) => {
    const { name, index } = scene.idsOf(client, from);
    return scene.byRedirect(from, scene.request(from, name, index, format), relayState);
  };

  it('ends the session, and answers at the response location with its RelayState', async () => {
    const client = await scene.member('alpha');
    const reply = await client.get(ask(client, 'alpha', 'back & forth'), { from: 'https://alpha.example' });
    const answer = messageIn(reply);
    expect(answer.to).toBe('https://alpha.example/done');
    expect(answer.relayState).toBe('back & forth');
    expect(answer.xml).toContain(SUCCESS);
    expect(answer.xml).not.toContain(PARTIAL);
    expect(scene.isSignedIn(client)).toBe(false);
  });

  it('takes a request that comes by POST, without cookies, over to our own page', async () => {
    const client = await scene.member('beta');
    const { name, index } = scene.idsOf(client, 'beta');
    const body = scene.byPost('beta', scene.request('beta', name, index), 'state');
    const taken = await client.post(scene.slo, body, { ...FORM, from: 'https://beta.example' });
    expect(taken.status).toBe(303);
    expect(scene.isSignedIn(client)).toBe(true);
    const other = await scene.member();
    expect(shown(await other.open(String(taken.location))).model.key).toBe('over');
    const answer = messageIn(await client.follow(taken));
    expect(answer).toMatchObject({ to: 'https://beta.example/slo', relayState: 'state' });
    expect(answer.xml).toContain(SUCCESS);
    expect(scene.isSignedIn(client)).toBe(false);
    expect(shown(await client.open(String(taken.location))).model.key).toBe('over');
  });

  it('visits the others first, and says so if one wasn’t reached', async () => {
    const client = await scene.member('alpha', 'beta');
    const page = await client.open(ask(client, 'alpha', 'r'), { from: 'https://alpha.example' });
    expect(shown(page).model.applications).toEqual([{ name: 'beta', state: 'waiting' }]);
    await goOn(client, page);
    scene.clock.now += PATIENCE;
    const end = await client.get(at('/saml/logout'));
    expect(states(end)).toEqual(['unreached']);
    expect(shown(end).model.next).toBe('/saml/logout/answer');
    const answer = messageIn(await client.get(at('/saml/logout/answer')));
    expect(answer).toMatchObject({ to: 'https://alpha.example/done', relayState: 'r' });
    expect(answer.xml).toContain(PARTIAL);
  });

  it('answers plain success once all the others are told', async () => {
    const client = await scene.member('alpha', 'beta');
    const page = await client.open(ask(client, 'alpha'), { from: 'https://alpha.example' });
    const { id } = messageIn(await goOn(client, page));
    const posted = await client.post(scene.slo, scene.byPost('beta', scene.response('beta', id)), {
      ...FORM,
      from: 'https://beta.example',
    });
    const end = await client.follow(posted);
    const { xml } = messageIn(await goOn(client, end));
    expect(xml).toContain(SUCCESS);
    expect(xml).not.toContain(PARTIAL);
  });

  it('answers a partial logout where one is told by no means', async () => {
    const client = await scene.member('alpha', 'delta');
    const { xml } = messageIn(await client.get(ask(client, 'alpha'), { from: 'https://alpha.example' }));
    expect(xml).toContain(PARTIAL);
    expect(audited()).toEqual(['logout.unreached delta']);
  });

  it('answers success where nobody is signed in', async () => {
    const client = await scene.member('alpha');
    const request = ask(client, 'alpha');
    const other = await scene.member();
    other.jar.store(new URL(scene.issuer), ['session=gone; Path=/']);
    expect(messageIn(await other.get(request)).xml).toContain(SUCCESS);
    expect(scene.isSignedIn(client)).toBe(true);
  });

  it.each([
    ['another person’s name', (name: string) => ({ name: `${name}x` })],
    ['another session', (_: string, index: string) => ({ index: `${index}x` })],
    ['another format', () => ({ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })],
  ])('never ends a session that isn’t meant: %s', async (_what, change) => {
    const client = await scene.member('alpha');
    const own = scene.idsOf(client, 'alpha');
    const said = { name: own.name, index: own.index, format: NAME, ...change(own.name, own.index) };
    const reply = await client.get(
      scene.byRedirect('alpha', scene.request('alpha', said.name, said.index, said.format)),
    );
    expect(messageIn(reply).xml).toContain('status:UnknownPrincipal');
    expect(scene.isSignedIn(client)).toBe(true);
  });

  it('never ends a session that the one who asks has no part in', async () => {
    const victim = await scene.member('beta');
    const attacker = await scene.member('alpha');
    const reply = await victim.get(ask(attacker, 'alpha'), { from: 'https://evil.example' });
    expect(messageIn(reply).xml).toContain('status:UnknownPrincipal');
    expect(scene.isSignedIn(victim)).toBe(true);
  });

  it('knows every name that the session gave to the one who asks', async () => {
    for (const named of ['first', 'last'] as const) {
      const client = await scene.member('alpha');
      await scene.alsoKnown(client, 'alpha', 'later');
      const name = named === 'first' ? scene.idsOf(client, 'alpha').name : 'later';
      await client.get(scene.byRedirect('alpha', scene.request('alpha', name)));
      expect(scene.isSignedIn(client)).toBe(false);
    }
    const client = await scene.member('alpha');
    await client.get(scene.byRedirect('alpha', scene.request('alpha', 'somebody else')));
    expect(scene.isSignedIn(client)).toBe(true);
  });

  it('takes a request without index or format for this person’s session here', async () => {
    const client = await scene.member('alpha');
    const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
    const xml = scene.request('alpha', scene.idsOf(client, 'alpha').name, undefined, unspecified);
    expect(messageIn(await client.get(scene.byRedirect('alpha', xml))).xml).toContain(SUCCESS);
    expect(scene.isSignedIn(client)).toBe(false);
  });

  it('refuses a request that is unsigned, replayed, or that isn’t one', async () => {
    const client = await scene.member('alpha');
    const request = ask(client, 'alpha');
    expect((await client.get(request.replace(/&SigAlg=.*/, ''))).status).toBe(403);
    expect((await client.get(scene.slo)).status).toBe(403);
    expect((await client.post(scene.slo, 'SAMLRequest=AAAA', FORM)).status).toBe(403);
    expect(scene.isSignedIn(client)).toBe(true);
    expect((await client.get(request)).status).toBe(303);
    expect((await client.get(request)).status).toBe(403);
  });
});
