import { describe, expect, it } from 'vitest';
import { approve as approveAt, duoAndPorts } from './testing/fixture.ts';
import { createUniversal, type Expected } from './universal.ts';

const BACK = 'https://login.example.edu/return/factors/duo';
const STATE = 's'.repeat(43);
const NONCE = 'n'.repeat(43);

/** The way of one person to Duo and back, as a browser goes it. */
async function visit(more: object = {}, username = 'ada') {
  const it = await duoAndPorts(more);
  const universal = createUniversal(it.settings, it.ports);
  const expected: Expected = { username, nonce: NONCE, back: BACK };

  const approve = async () => approveAt(it.duo, await universal.address(expected, STATE));
  async function read(over: Partial<Expected> = {}) {
    const code = (await approve()).duo_code ?? '';
    return universal.read(code, { ...expected, ...over });
  }
  return { ...it, universal, expected, approve, read };
}

describe('Duo’s Universal Prompt', () => {
  it('sends people there with what Duo wants, and reads what it says of them', async () => {
    const { universal, approve, expected } = await visit();
    expect(await universal.healthy()).toBe(true);
    const back = await approve();
    expect(back.state).toBe(STATE);
    const read = await universal.read(back.duo_code ?? '', expected);
    expect(read).toEqual({
      shown: {
        ...{ factor: 'duo', credential: 'duo', amr: ['swk', 'pop'], kinds: ['possession'] },
        ...{ phishingResistant: false, attested: false },
      },
    });
  });

  it('knows by the health check that Duo is away, ill, or doesn’t know us', async () => {
    const { universal, duo, settings, ports } = await visit();
    const { web } = settings;
    const stranger = { ...settings, web: { clientId: web?.clientId ?? '', clientSecret: 'x'.repeat(40) } };
    expect(await createUniversal(stranger, ports).healthy()).toBe(false);
    for (const health of ['ill', 'away'] as const) {
      duo.state.health = health;
      expect(await universal.healthy()).toBe(false);
    }
  });

  it('exchanges a code once', async () => {
    const { universal, approve, expected } = await visit();
    const code = (await approve()).duo_code ?? '';
    expect(await universal.read(code, expected)).toHaveProperty('shown');
    expect(await universal.read(code, expected)).toEqual({ refused: 'token: invalid_grant' });
    expect(await universal.read('made-up', expected)).toEqual({ refused: 'token: invalid_grant' });
  });

  it.each([
    ['another person', { claims: { preferred_username: 'bob' } }, 'another person'],
    ['the same name in other letters', { claims: { preferred_username: 'Ada' } }, 'another person'],
    ['a name that looks the same', { claims: { preferred_username: 'аda' } }, 'another person'],
    ['another sign-in', { claims: { nonce: 'm'.repeat(43) } }, 'another sign-in'],
    ['no sign-in', { claims: { nonce: undefined } }, 'token: ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another application', { context: { application: { key: 'DIAPI00000000000API1' } } }, 'another application'],
    ['a refusal', { result: 'deny' }, 'result: deny'],
    ['a failure', { context: { result: 'fraud' } }, 'result: fraud'],
    ['a status only', { claims: { auth_result: { status: 'allow' } } }, 'token: claims are missing'],
    [
      'another issuer',
      { claims: { iss: 'https://evil.example/oauth/v1/token' } },
      'token: ERR_JWT_CLAIM_VALIDATION_FAILED',
    ],
    ['another audience', { claims: { aud: 'DIAPI00000000000API1' } }, 'token: ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another day', { claims: { iat: 1_700_000_000, exp: 4_000_000_000 } }, 'another time'],
    ['a time that is over', { claims: { exp: 1_700_000_000 } }, 'token: ERR_JWT_EXPIRED'],
    ['another secret', { secret: 'x'.repeat(40) }, 'token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['HS256', { algorithm: 'HS256' }, 'token: ERR_JOSE_ALG_NOT_ALLOWED'],
    ['HS384', { algorithm: 'HS384' }, 'token: ERR_JOSE_ALG_NOT_ALLOWED'],
    ['no signature', { algorithm: 'none' }, 'token: ERR_JOSE_ALG_NOT_ALLOWED'],
  ] as const)('refuses an answer of %s', async (_what, change, refused) => {
    const { duo, read } = await visit();
    duo.state.answer = { ...duo.state.answer, ...change };
    expect(await read()).toEqual({ refused });
  });

  it.each([
    ['bypass_code', 'valid_passcode'],
    ['remembered_device', 'remembered_device'],
    ['trusted_network', 'trusted_network'],
    ['not_available', 'bypass_user'],
    ['not_available', 'allow_unenrolled_user'],
    ['duo_push', 'bypass_user'],
    ['something_new', 'user_approved'],
    ['__proto__', 'user_approved'],
    ['constructor', 'user_approved'],
  ])('takes no %s (%s) for a proof', async (factor, reason) => {
    const { duo, read } = await visit();
    duo.state.answer = { ...duo.state.answer, factor, reason };
    expect(await read()).toEqual({ refused: expect.stringMatching(/^(factor not accepted|nothing shown): /) });
  });

  it('takes what is configured, for what it is worth', async () => {
    const { duo, read } = await visit({
      accept: { bypassCodes: true, rememberedDevices: true, others: ['Something New'] },
    });
    const worth = async (factor: string) => {
      duo.state.answer = { ...duo.state.answer, factor, reason: 'valid_passcode' };
      const said = await read();
      return 'shown' in said ? said.shown : said;
    };
    expect(await worth('bypass_code')).toMatchObject({ amr: ['otp'], kinds: ['possession'] });
    expect(await worth('remembered_device')).toMatchObject({ kinds: ['possession'], ageless: true });
    expect(await worth('something_new')).toMatchObject({ kinds: ['possession'], phishingResistant: false });
    expect(await worth('trusted_network')).toHaveProperty('refused');
    expect(await worth('WebAuthn Security Key')).toMatchObject({ kinds: ['possession'], phishingResistant: false });
    expect(await worth('sms_passcode')).toMatchObject({ amr: ['sms'] });
  });

  it('says that Duo is away where the exchange gets no answer', async () => {
    const { universal, duo, approve, expected } = await visit();
    const code = (await approve()).duo_code ?? '';
    duo.state.health = 'away';
    expect(await universal.read(code, expected)).toEqual({ refused: 'token: no answer', unavailable: true });
  });

  it('logs neither secrets nor codes', async () => {
    const { universal, duo, warned, expected, settings } = await visit();
    duo.state.health = 'away';
    await universal.read('the-code-of-somebody', expected);
    await universal.healthy();
    expect(warned.length).toBeGreaterThan(0);
    expect(JSON.stringify(warned)).not.toMatch(new RegExp(`the-code|${settings.web?.clientSecret}`));
  });
});
