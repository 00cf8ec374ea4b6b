import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CODE } from '../../src/doors/radius/codec/numbers.ts';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { APPROVED } from '../../src/factors/duo/testing/duo-state.ts';
import { DAYS, HOURS } from '../support/clock.ts';
import { atDuo, leadsToDuo, moving, throughDuo } from '../support/duo.ts';
import { PASSWORD } from '../support/gateway.ts';
import { Concentrator, radiusClient, stateOf, told } from '../support/radius.ts';
import { asksToRemember, type Someone, stage } from '../support/scene.ts';

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());
beforeEach(() => {
  duo.state.answer = APPROVED;
  duo.state.health = 'well';
});

const scene = stage(() => {
  const { factors, policy } = moving(duo);
  const until = new Date(Date.now() + 10 * DAYS).toISOString();
  const ending = {
    name: 'vpn',
    applications: ['vpn'],
    level: 'mfa',
    factors: [
      { until, use: ['duo'] },
      { from: until, use: ['totp'] },
    ],
  };
  return {
    config: {
      factors,
      policy: { rules: [...policy.rules, ending] },
      doors: { oidc: {}, radius: { listen: { port: 0, accountingPort: 0 } } },
      applications: { vpn: { name: 'VPN', radius: radiusClient() } },
    },
  };
});

/** Somebody whom Duo knows by the same name. */
async function known(more: object = {}): Promise<Someone> {
  const someone = await scene.newcomer();
  duo.enrol(someone.username, more);
  return someone;
}

const amrOf = async (someone: Someone, application: string) =>
  ((await someone.claims(application))?.claims as { amr?: string[] } | undefined)?.amr;

describe('Duo’s page', () => {
  it('is led to after the password, and comes back to the application', async () => {
    const someone = await known();
    const page = await someone.enter('payroll');
    expect(page.text).toContain('Approve it with Duo');
    expect(page.text).toContain('Go on to Duo');
    const back = await throughDuo(someone, page);
    expect(back.url.pathname).toBe('/payroll');
    expect(await amrOf(someone, 'payroll')).toEqual(['mfa', 'pop', 'pwd', 'swk']);
    expect(duo.state.calls).toContain('POST /oauth/v1/health_check');
  });

  it('is remembered as any method is, and asked anew where that is never enough', async () => {
    const someone = await known();
    const question = await throughDuo(someone, await someone.enter('courses'));
    expect(asksToRemember(question)).toBe(true);
    await someone.remember(question, 'yes');
    someone.client.jar.restart();
    expect((await someone.enter('courses')).url.pathname).toBe('/courses');
    expect(leadsToDuo(await someone.begin('payroll'))).toBe(true);
  });

  it('isn’t led to where Duo doesn’t answer: another method does where the rule has one, and nobody passes', async () => {
    const both = await scene.newcomer();
    duo.enrol(both.username);
    const page = await both.enter('payroll');
    for (const health of ['ill', 'away'] as const) {
      duo.state.health = health;
      const stayed = await atDuo(both, page);
      expect(stayed.text).toContain('Duo can’t be reached just now.');
      expect(await both.claims('payroll')).toBeUndefined();
    }
  });

  it('isn’t asked where no rule names it', async () => {
    const someone = await known();
    const page = await someone.client.open(`${scene.gateway.url}/account`);
    expect(leadsToDuo(page)).toBe(false);
  });
});

describe('Duo at a VPN', () => {
  const port = (): number => scene.gateway.doorPorts.portOf('radius', 'access') ?? 0;
  let vpn: Concentrator;
  beforeAll(async () => {
    vpn = await Concentrator.at(port());
  });
  afterAll(() => vpn.close());

  it('shows the number that the phone asks for, and opens once that is typed there', async () => {
    const someone = await known();
    const challenge = await vpn.ask(vpn.access(someone.username, PASSWORD));
    const { number = '', asked } = duo.pushTo(someone.username);
    expect(told(challenge)).toContain(number);
    expect(asked.type).toBe('Example University');
    duo.answer(someone.username, 'allow', number);
    // Duo tells us a moment later than the phone.
    let answer = challenge;
    await expect
      .poll(async () => {
        answer = await vpn.ask(vpn.access(someone.username, '', [stateOf(answer)]));
        return answer.code;
      })
      .toBe(CODE.accessAccept);
  });

  it('takes a passcode in its place, and no bypass', async () => {
    const someone = await known({ passcodes: new Set(['123456']), push: false });
    const challenge = await vpn.ask(vpn.access(someone.username, PASSWORD));
    const answer = await vpn.ask(vpn.access(someone.username, '123456', [stateOf(challenge)]));
    expect(answer.code, told(answer)).toBe(CODE.accessAccept);

    const bypassed = await known({ status: 'bypass', passcodes: new Set(['123456']) });
    const asked = await vpn.ask(vpn.access(bypassed.username, PASSWORD));
    const refused =
      asked.code === 11 ? await vpn.ask(vpn.access(bypassed.username, '123456', [stateOf(asked)])) : asked;
    expect(refused.code).not.toBe(CODE.accessAccept);
  });

  it('is over on the date that the rule names', async () => {
    const someone = await known({ passcodes: new Set(['654321']), push: false });
    scene.clock.advance(10 * DAYS + 1 * HOURS);
    const answer = await vpn.ask(vpn.access(someone.username, PASSWORD));
    expect(answer.code).toBe(CODE.accessReject);
  });
});
