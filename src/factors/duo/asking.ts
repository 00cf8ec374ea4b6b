import type { Challenge, FactorContext, Proved, Refused, Waiting } from '../../core/challenge.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { Message } from '../../core/prompt.ts';
import { type AuthApi, DuoFailure, type Preauth } from './auth-api.ts';
import { askCode, askNumber, askPlain } from './prompts.ts';
import type { Pushes } from './pushes.ts';
import type { Asked } from './schemas.ts';
import type { Settings } from './settings.ts';
import { type Shown, worthOf } from './worth.ts';

const MINUTE = 60_000;
/** Pushes to one person's phone: whoever has the password shall not tire them out. */
const PUSHES = [
  { name: 'pushes', most: 5, per: 10 * MINUTE },
  { name: 'pushes-hour', most: 12, per: 60 * MINUTE },
];
/** Of the app, of text messages, of tokens; a bypass code has more (Duo gives it nine), and counts only if that is said. */
const PASSCODE = /^\d{6,8}$/;
const BYPASS = /^\d{9,10}$/;
/** One-time password of a YubiKey: modified hexadecimal. */
const YUBIKEY = /^[cbdefghijklnrtuv]{32,48}$/;

export const refuse = (reason: string, key: string, more: Partial<Refused> = {}): Refused => ({
  outcome: 'refused',
  message: { key },
  reason,
  ...more,
});

/** What is asked without Duo's page: a push with a number, and codes. */
export function createAsking(
  settings: Settings,
  ports: FactorPorts,
  { api, pushes }: { api: AuthApi; pushes: Pushes },
) {
  const { now, log, limit } = ports;

  /** What Duo says of somebody; it may not be there. */
  async function standing(username: string, ip: string | undefined): Promise<Preauth | 'unavailable'> {
    try {
      return await api.preauth({ username, ip });
    } catch (error) {
      if (!(error instanceof DuoFailure)) throw error;
      log.warn({ reason: error.message }, 'Duo doesn’t say how somebody stands');
      return 'unavailable';
    }
  }

  /** Why nothing that they could show would count. Whom Duo lets pass unasked has shown nothing. */
  function shutOf(said: Preauth | 'unavailable'): string | undefined {
    if (said === 'unavailable') return 'unavailable';
    return { auth: undefined, allow: 'bypassed', deny: 'denied', enroll: 'not-enrolled' }[said.result];
  }

  type Begun = { push: { key: string; expires: number }; number?: string };

  async function push({ account, username, ip }: Asked, said: Preauth): Promise<Begun | Message | undefined> {
    const { devices = [], txid, verification_code: number } = said;
    if (!devices.some(({ capabilities }) => capabilities.includes('push'))) return undefined;
    const verified = txid !== undefined && number !== undefined;
    // A touch can be had by asking often enough, at night.
    if (!verified && settings.push !== 'plain') return undefined;
    const counted = await limit.count(PUSHES.map((budget) => ({ ...budget, of: account })));
    if (!counted.allowed) return { key: 'pushed-enough' };
    const type = ports.serviceName.slice(0, 40);
    try {
      const begun = await api.push({ username, ip }, { type, ...(verified ? { txid } : {}) });
      return { push: pushes.begun(begun), ...(verified ? { number } : {}) };
    } catch (error) {
      if (!(error instanceof DuoFailure)) throw error;
      log.warn({ reason: error.message }, 'Duo takes no push');
      return { key: 'code.text' };
    }
  }

  function proved(shown: Shown): Proved<never> {
    return { outcome: 'proved', proof: { ...shown, at: now() } };
  }

  /** Which of Duo's factors a code could be; undefined where it is none that counts. */
  function kindOf(typed: string): string | undefined {
    if (PASSCODE.test(typed)) return 'passcode';
    if (YUBIKEY.test(typed)) return 'yubikey_code';
    return BYPASS.test(typed) && settings.accept.bypassCodes ? 'bypass_code' : undefined;
  }

  async function code({ username, ip }: Asked, typed: string): Promise<Proved<never> | Refused> {
    const kind = kindOf(typed);
    if (kind === undefined) return refuse('malformed', 'code.wrong');
    try {
      const { result, status } = await api.passcode({ username, ip }, typed);
      if (status === 'bypass') return refuse('nothing shown: bypass', 'bypassed');
      if (result !== 'allow') return refuse(`wrong: ${status}`, status === 'locked_out' ? 'denied' : 'code.wrong');
      const worth = worthOf(settings, kind);
      return 'shown' in worth ? proved(worth.shown) : refuse(worth.refused, 'not-accepted');
    } catch (error) {
      if (!(error instanceof DuoFailure)) throw error;
      return refuse(`duo: ${error.message}`, 'unavailable');
    }
  }

  async function pushed({ push }: Asked): Promise<Proved<never> | Refused | Waiting> {
    if (push === undefined) return { outcome: 'waiting' };
    const end = await pushes.end(push.key);
    if (end.state === 'waiting') return now() < push.expires ? { outcome: 'waiting' } : over('over.timeout');
    if (end.state === 'allow') {
      const worth = end.status === 'bypass' ? { refused: 'nothing shown: bypass' } : worthOf(settings, 'duo_push');
      return 'shown' in worth ? proved(worth.shown) : refuse(worth.refused, 'bypassed');
    }
    if (end.status === 'timeout') return over('over.timeout');
    return refuse(`push: ${end.status}`, end.status === 'fraud' ? 'over.fraud' : 'over.denied', {
      prompt: askCode({ key: 'over.denied' }),
    });
  }

  const over = (key: string): Waiting => ({ outcome: 'waiting', prompt: askCode({ key }) });

  return {
    async challenge(
      whom: Pick<Asked, 'account' | 'username'>,
      context: FactorContext | undefined,
    ): Promise<Challenge<Asked>> {
      const ip = context?.browser?.ip;
      const said = await standing(whom.username, ip);
      const pending: Asked = { kind: 'asked', ...whom, ...(ip === undefined ? {} : { ip }) };
      const shut = shutOf(said);
      if (shut !== undefined || said === 'unavailable') {
        return {
          prompt: askCode({ key: shut ?? 'unavailable' }),
          pending: { ...pending, shut: shut ?? 'unavailable' },
        };
      }
      const begun = await push(pending, said);
      if (begun === undefined || 'key' in begun) return { prompt: askCode(begun), pending };
      const { push: under, number } = begun;
      const prompt = number === undefined ? askPlain(under) : askNumber(number, under);
      return { prompt, pending: { ...pending, push: under } };
    },

    async verify(pending: Asked, typed: string | undefined) {
      if (pending.shut !== undefined) return refuse(`duo: ${pending.shut}`, pending.shut);
      const trimmed = typed?.replaceAll(/[\s-]/g, '') ?? '';
      return trimmed === '' ? pushed(pending) : code(pending, trimmed);
    },
  };
}
