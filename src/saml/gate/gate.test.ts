import { beforeAll, describe, expect, it } from 'vitest';
import { SallyportError, TooManyError } from '../../core/errors.ts';
import { BY, byPost, byRedirect, bySoap, entrance } from '../testing/entrance.ts';
import { createIdentity, type Identity } from '../testing/identity.ts';
import {
  authnRequest,
  ENDPOINTS,
  logoutRequest,
  logoutResponse,
  NOW,
  newId,
  redirect,
  SIGNATURE,
  SP,
  sign,
} from '../testing/messages.ts';
import { party, type seenStore } from '../testing/parties.ts';

let rsa: Identity;
let ec: Identity;

beforeAll(async () => {
  [rsa, ec] = await Promise.all([createIdentity(), createIdentity('ec', 384)]);
});

describe('an AuthnRequest', () => {
  it('is read with everything that it asks for', async () => {
    const content =
      '<saml:Subject><saml:NameID SPNameQualifier="urn:q">alice</saml:NameID></saml:Subject>' +
      '<samlp:NameIDPolicy Format="urn:f" SPNameQualifier="urn:q" AllowCreate="1"/>' +
      '<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>urn:a</saml:AuthnContextClassRef>' +
      '<saml:AuthnContextClassRef>urn:b</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>';
    const attributes =
      'ForceAuthn="true" IsPassive="false" ProviderName="Library" AssertionConsumerServiceIndex="3"' +
      ' AttributeConsumingServiceIndex="0"';
    const xml = authnRequest({ id: '_1', content, attributes });
    expect(await entrance([]).receive(byRedirect(xml, { relayState: 'to=/a b+c' }))).toEqual({
      kind: 'AuthnRequest',
      id: '_1',
      issuer: SP,
      issueInstant: NOW,
      binding: 'redirect',
      signed: false,
      relayState: 'to=/a b+c',
      assertionConsumerServiceIndex: 3,
      attributeConsumingServiceIndex: 0,
      forceAuthn: true,
      isPassive: false,
      providerName: 'Library',
      nameIdPolicy: { format: 'urn:f', spNameQualifier: 'urn:q', allowCreate: true },
      requestedAuthnContext: { comparison: 'minimum', classes: ['urn:a', 'urn:b'], declarations: false },
      subject: {
        value: 'alice',
        format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
        spNameQualifier: 'urn:q',
      },
    });
  });

  it('has the defaults of the specification', async () => {
    const content =
      '<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:d</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>';
    const attributes = 'AssertionConsumerServiceURL="https://sp.example.org/acs" ProtocolBinding="urn:b"';
    const message = await entrance([]).receive(byPost(authnRequest({ id: '_1', content, attributes })));
    expect(message).toEqual({
      kind: 'AuthnRequest',
      id: '_1',
      issuer: SP,
      issueInstant: NOW,
      binding: 'post',
      signed: false,
      assertionConsumerServiceUrl: 'https://sp.example.org/acs',
      protocolBinding: 'urn:b',
      forceAuthn: false,
      isPassive: false,
      requestedAuthnContext: { comparison: 'exact', classes: [], declarations: true },
    });
  });

  it('about a subject that cannot be read is refused, not taken for one about anybody', async () => {
    const content = '<saml:Subject><saml:SubjectConfirmation Method="urn:m"/></saml:Subject>';
    expect(await entrance([]).fault(byPost(authnRequest({ content })))).toBe('kind');
  });

  it('is signed in either binding, with any of the keys in its metadata', async () => {
    for (const signer of [rsa, ec]) {
      const { receive } = entrance([rsa, ec]);
      expect(await receive(byRedirect(authnRequest(), { signer }))).toMatchObject({ signed: true });
      expect(await receive(byRedirect(authnRequest(), { signer, relayState: 'ü&=+ /' }))).toMatchObject({
        signed: true,
        relayState: 'ü&=+ /',
      });
      expect(await receive(byPost(sign(authnRequest(), signer), 'r'))).toMatchObject({ signed: true, relayState: 'r' });
    }
  });

  it('may be signed with ECDSA as OpenSAML writes it in a redirect', async () => {
    const options = { signer: ec, algorithm: SIGNATURE.ec384, encoding: 'der' } as const;
    expect(await entrance([ec]).receive(byRedirect(authnRequest(), options))).toMatchObject({ signed: true });
  });

  it('may be unsigned, unless its metadata or the configuration says otherwise', async () => {
    const unsigned = () => byPost(authnRequest());
    expect(await entrance([rsa]).receive(unsigned())).toMatchObject({ signed: false });
    expect(await entrance([rsa], { provider: { authnRequestsSigned: true } }).fault(unsigned())).toBe('unsigned');
    expect(await entrance([rsa], { requireSigned: true }).fault(unsigned())).toBe('unsigned');
    expect(await entrance([rsa], { requireSigned: true }).fault(byPost(sign(authnRequest(), rsa)))).toBe('passed');
  });

  it('with a signature that cannot be checked is refused, though none was due', async () => {
    const stranger = await createIdentity();
    for (const signers of [[], [rsa]]) {
      expect(await entrance(signers).fault(byPost(sign(authnRequest(), stranger)))).toBe('signature');
      expect(await entrance(signers).fault(byRedirect(authnRequest(), { signer: stranger }))).toBe('signature');
    }
  });

  it('of metadata that has run out is refused', async () => {
    expect(await entrance([], { provider: { validUntil: NOW } }).fault(byPost(authnRequest()))).toBe('metadata');
    expect(await entrance([], { provider: { validUntil: NOW + 1 } }).fault(byPost(authnRequest()))).toBe('passed');
  });

  it('may break lines in its base64, under a signature as well', async () => {
    const lines = (text: string) => encodeURIComponent(text.replace(/(.{76})/g, '$1\r\n'));
    const { fault } = entrance([rsa]);
    const posted = byPost(authnRequest());
    const body = decodeURIComponent(posted.body?.slice('SAMLRequest='.length) ?? '');
    expect(await fault({ ...posted, body: `SAMLRequest=${lines(body)}` })).toBe('passed');
    const redirected = byRedirect(authnRequest());
    const query = decodeURIComponent(redirected.query?.slice('SAMLRequest='.length) ?? '');
    expect(await fault({ ...redirected, query: `SAMLRequest=${lines(query)}` })).toBe('passed');
    // What was signed is what was sent: breaks that come in later void it.
    const signed = byRedirect(authnRequest(), { signer: rsa });
    const broken = signed.query?.replace(
      /SAMLRequest=([^&]+)/,
      (_, it) => `SAMLRequest=${lines(decodeURIComponent(it))}`,
    );
    expect(await fault({ ...signed, query: broken ?? '' })).toBe('signature');
  });

  it('posted deflated is refused by name, and taken from an application that is allowed to, signature and all', async () => {
    const deflated = (xml: string) => ({ ...byPost(xml), body: redirect(xml) });
    const request = entrance([rsa]).gate.receive(deflated(sign(authnRequest(), rsa)));
    await expect(request).rejects.toThrow('applications.sp.saml.allow: [deflated-post] would take it');
    const { fault, receive } = entrance([rsa], { allowed: ['deflated-post'] });
    expect(await receive(deflated(sign(authnRequest(), rsa)))).toMatchObject({ signed: true });
    const stranger = await createIdentity();
    expect(await fault(deflated(sign(authnRequest(), stranger)))).toBe('signature');
    expect(await fault(deflated(authnRequest({ destination: 'https://elsewhere.example/' })))).toBe('destination');
    expect(await fault(deflated('x'.repeat(300_000)))).toBe('size');
    expect(await fault(deflated(authnRequest({ issuer: 'https://stranger.example' })))).toBe('issuer');
  });

  it('whose plus signs came as blanks is refused by name, and taken where that is allowed', async () => {
    const raw = (xml: string) => ({ ...byPost(xml), body: `SAMLRequest=${Buffer.from(xml).toString('base64')}` });
    // Base64 of this holds a plus sign.
    const xml = () => authnRequest({ attributes: 'ProviderName="&#x7e;>>>~~~>"' });
    const withPlus = () => {
      for (;;) {
        const inbound = raw(xml());
        if (inbound.body.includes('+')) return inbound;
      }
    };
    const refused = entrance([]).gate.receive(withPlus());
    await expect(refused).rejects.toThrow('saml.allow: [unencoded-plus] would take it');
    expect(await entrance([], { allowed: ['unencoded-plus'] }).fault(withPlus())).toBe('passed');
    expect(await entrance([], { allowed: ['deflated-post'] }).fault(withPlus())).toBe('encoding');
  });
});

describe('logout messages', () => {
  it('are read', async () => {
    const content =
      '<saml:NameID Format="urn:f" NameQualifier="urn:idp" SPNameQualifier="urn:sp">x&amp;y</saml:NameID>' +
      '<samlp:SessionIndex>1</samlp:SessionIndex><samlp:SessionIndex>2</samlp:SessionIndex>';
    const attributes = `NotOnOrAfter="${new Date(NOW + 60_000).toISOString()}"`;
    const request = logoutRequest({ id: '_1', content, attributes });
    for (const inbound of [
      byPost(sign(request, rsa)),
      bySoap(sign(request, rsa)),
      byRedirect(request, { signer: rsa }),
    ])
      expect(await entrance([rsa]).receive(inbound)).toEqual({
        kind: 'LogoutRequest',
        id: '_1',
        issuer: SP,
        issueInstant: NOW,
        binding: inbound.binding,
        signed: true,
        nameId: { value: 'x&y', format: 'urn:f', nameQualifier: 'urn:idp', spNameQualifier: 'urn:sp' },
        sessionIndexes: ['1', '2'],
        notOnOrAfter: NOW + 60_000,
      });
  });

  it('say how it went', async () => {
    const status = 'urn:oasis:names:tc:SAML:2.0:status:';
    const content = `<samlp:Status><samlp:StatusCode Value="${status}Success"><samlp:StatusCode Value="${status}PartialLogout"/></samlp:StatusCode></samlp:Status>`;
    const xml = logoutResponse({ inResponseTo: '_9', content });
    expect(await entrance([rsa]).receive(byPost(sign(xml, rsa)))).toMatchObject({
      kind: 'LogoutResponse',
      inResponseTo: '_9',
      status: [`${status}Success`, `${status}PartialLogout`],
    });
    expect(await entrance([rsa]).receive(byRedirect(logoutResponse(), { signer: rsa }))).toMatchObject({
      status: [`${status}Success`],
    });
  });

  it('always need a signature', async () => {
    for (const xml of [logoutRequest(), logoutResponse()])
      for (const inbound of [byPost(xml), byRedirect(xml), bySoap(xml)])
        expect(await entrance([rsa]).fault(inbound)).toBe('unsigned');
  });

  it('need no Destination by SOAP, and the right one where there is one', async () => {
    const without = sign(logoutRequest({ destination: null }), rsa);
    const elsewhere = sign(logoutRequest({ destination: 'https://other.example/' }), rsa);
    expect(await entrance([rsa]).fault(bySoap(without))).toBe('passed');
    expect(await entrance([rsa]).fault(bySoap(elsewhere))).toBe('destination');
    expect(await entrance([rsa]).fault(byPost(without))).toBe('destination');
  });

  it('are void after NotOnOrAfter, by a clock that may be off', async () => {
    const until = (at: number) =>
      byPost(sign(logoutRequest({ attributes: `NotOnOrAfter="${new Date(at).toISOString()}"` }), rsa));
    expect(await entrance([rsa]).fault(until(NOW - 89_000))).toBe('passed');
    expect(await entrance([rsa]).fault(until(NOW - 90_000))).toBe('instant');
  });

  it('that name a person in a way that cannot be read are refused', async () => {
    const content = '<saml:BaseID xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>';
    expect(['kind', 'schema']).toContain(await entrance([rsa]).fault(byPost(sign(logoutRequest({ content }), rsa))));
  });
});

describe('the gate', () => {
  it('lets in only the kinds that are due, in the parameter that is theirs', async () => {
    const { fault } = entrance([rsa]);
    const logout = byPost(sign(logoutRequest(), rsa));
    expect(await fault({ ...logout, kinds: ['AuthnRequest'] })).toBe('kind');
    expect(await fault({ ...logout, kinds: ['LogoutResponse'] })).toBe('kind');
    const swapped = { ...logout, body: logout.body?.replace('SAMLRequest', 'SAMLResponse') ?? '' };
    expect(await fault(swapped)).toBe('kind');
    expect(await fault(byRedirect(authnRequest().replace('Version="2.0"', 'Version="2.1"')))).toBe('kind');
    expect(await fault(byPost(authnRequest().replaceAll('AuthnRequest', 'Response')))).toBe('schema');
  });

  it('takes an envelope with one message and nothing else', async () => {
    const { fault } = entrance([rsa]);
    const logout = bySoap(sign(logoutRequest(), rsa));
    const changed = (from: string, to: string) => ({ ...logout, body: logout.body?.replace(from, to) ?? '' });
    expect(await fault(changed('<soap:Body>', '<soap:Header/><soap:Body>'))).toBe('kind');
    expect(await fault(changed('</soap:Body>', `${logoutRequest()}</soap:Body>`))).toBe('kind');
    expect(await fault({ ...logout, body: sign(logoutRequest(), rsa) })).toBe('kind');
    expect(await fault(changed('xmlsoap.org', 'xmlsoap.example'))).toBe('kind');
  });

  it('knows its own address to the letter', async () => {
    for (const destination of ['', `${ENDPOINTS.sso}/`, ENDPOINTS.sso.toUpperCase(), `${ENDPOINTS.sso}?a`])
      expect(await entrance([]).fault({ ...byPost(authnRequest({ destination })), endpoint: ENDPOINTS.sso })).toBe(
        'destination',
      );
    expect(await entrance([]).fault(byPost(authnRequest({ destination: null })))).toBe('passed');
    for (const inbound of [
      byPost(sign(authnRequest({ destination: null }), rsa)),
      byRedirect(authnRequest({ destination: null }), { signer: rsa }),
    ])
      expect(await entrance([rsa]).fault(inbound)).toBe('destination');
  });

  it.each([
    ['5 minutes and the skew ago', -390_000, 'passed'],
    ['a second longer ago', -391_000, 'instant'],
    ['90 s ahead', 90_000, 'passed'],
    ['a second further ahead', 91_000, 'instant'],
    ['10 minutes ahead', 600_000, 'instant'],
  ])('takes the clock of the sender into account: issued %s', async (_name, offset, outcome) => {
    expect(await entrance([]).fault(byPost(authnRequest({ instant: NOW + offset })))).toBe(outcome);
  });

  it('reads no time without a zone', async () => {
    const zoneless = authnRequest().replace('000Z"', '000"');
    expect(await entrance([]).fault(byPost(zoneless))).toBe('instant');
  });

  it('remembers a message for as long as it would be new', async () => {
    const { clock, fault } = entrance([]);
    const inbound = byPost(authnRequest({ id: '_1', instant: NOW + 90_000 }));
    expect(await fault(inbound)).toBe('passed');
    clock.now += 480_000;
    expect(await fault(inbound)).toBe('replay');
    clock.now += 1;
    expect(await fault(inbound)).toBe('instant');
  });

  it('does not use up an ID for a message that it refuses', async () => {
    const { fault } = entrance([rsa]);
    const id = newId();
    expect(await fault(byPost(authnRequest({ id, destination: 'https://x.example' })))).toBe('destination');
    expect(await fault(byPost(authnRequest({ id })))).toBe('passed');
    expect(await fault(byPost(authnRequest({ id })))).toBe('replay');
  });

  it('keeps what anybody can make on the account of whoever brings it, and only that', async () => {
    const admitted: unknown[] = [];
    const { fault, store } = entrance([rsa], {
      async admit(kept, by) {
        admitted.push(by);
        if (admitted.length > 2) throw new TooManyError('too much', 1000);
        expect(kept.ttl).toBe(481_000);
      },
    });
    const { keys } = store as ReturnType<typeof seenStore>;
    for (const inbound of [byPost(authnRequest()), byRedirect(authnRequest())])
      expect(await fault(inbound)).toBe('passed');
    expect(admitted).toEqual([BY, BY]);
    expect(await fault(byPost(sign(authnRequest(), rsa)))).toBe('passed');
    expect(await fault(byRedirect(logoutRequest(), { signer: rsa }))).toBe('passed');
    expect(admitted).toHaveLength(2);
    expect(keys.size).toBe(4);
    await expect(fault(byPost(authnRequest()))).rejects.toThrow(TooManyError);
    expect(keys.size).toBe(4);
    const { by: _, ...nobodys } = byPost(authnRequest());
    expect(await fault(nobodys)).toBe('unsigned');
  });

  it('keeps the IDs of two senders apart', async () => {
    const issuer = 'https://two.example.org';
    const { fault } = entrance([], { others: [party([], { entityId: issuer })] });
    expect(await fault(byPost(authnRequest({ id: '_1' })))).toBe('passed');
    expect(await fault(byPost(authnRequest({ id: '_1', issuer })))).toBe('passed');
  });

  it('refuses with the store away: its error passes through, not a fault of the message', async () => {
    const store = {
      add: async () => {
        throw new SallyportError('ERR_STORE_UNAVAILABLE', 'gone');
      },
    };
    await expect(entrance([], { store }).fault(byPost(authnRequest()))).rejects.toThrow('gone');
  });
});
