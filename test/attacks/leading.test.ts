import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startDuo } from '../../src/factors/duo/testing/duo.ts';
import { APPROVED } from '../../src/factors/duo/testing/duo-state.ts';
import { DAYS } from '../support/clock.ts';
import { approvedAt, atDuo, leadsToDuo, throughDuo } from '../support/duo.ts';
import { type Someone, stage } from '../support/scene.ts';

/** The old proof is the evidence for a new method: what is no proof of this person, now, sets up nothing. */

const duo = await startDuo(() => Date.now());
afterAll(() => duo.close());
beforeEach(() => {
  duo.state.answer = APPROVED;
});

const scene = stage(() => ({
  config: {
    factors: { password: {}, totp: {}, duo: duo.settings({ accept: { rememberedDevices: true } }) },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'all', level: 'mfa', remember: '30d', factors: ['duo', 'totp'] },
        { name: 'no first method by a password', firstEnrolment: false },
      ],
      suggestions: [{ factor: 'totp', times: 10, snooze: '1h' }],
    },
  },
}));

async function known(): Promise<Someone> {
  const someone = await scene.newcomer();
  duo.enrol(someone.username);
  return someone;
}

const asksToMove = (page: { body: string }) => page.body.includes('name="suggest"');

describe('an old proof', () => {
  it('of a browser that Duo remembers, which nobody has shown now, leads nowhere', async () => {
    const someone = await known();
    duo.state.answer = { ...APPROVED, factor: 'remembered_device', reason: 'remembered_device' };
    const page = await throughDuo(someone, await someone.enter('courses'));
    expect(asksToMove(page)).toBe(false);
    expect((await someone.client.open(`${scene.gateway.url}/account/methods/add/totp`)).body).not.toContain('otpauth:');
  });
});
