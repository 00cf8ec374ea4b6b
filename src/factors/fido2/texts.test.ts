import { describe, expect, it } from 'vitest';
import type { Message } from '../../core/prompt.ts';
import type { Objection } from './checks.ts';
import type { Judgement } from './judge.ts';
import en from './locales/en.json' with { type: 'json' };
import { refuse, refuseModel } from './refusals.ts';
import { settings } from './settings.ts';
import { ada, enrolled, fixture } from './testing/fixture.ts';
import { createTrust } from './trust.ts';

const texts: Readonly<Record<string, string>> = en;

/** Every message anywhere in a value. */
function messagesIn(value: unknown): Message[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'key' in value && typeof value.key === 'string' ? [value as Message] : [];
  return [...own, ...Object.values(value).flatMap(messagesIn)];
}

/** Whether there is such a text, and it needs no value that isn't given. */
function fits({ key, values = {} }: Message): boolean {
  const text = texts[key];
  if (text === undefined) return false;
  const needed = [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);
  return needed.every((name) => values[name] !== undefined && values[name] !== '');
}

describe('every message has its text and its values', () => {
  it('in prompts', async () => {
    const made = fixture();
    const { credential } = await enrolled(made);
    const { factor } = made;
    const prompts = [
      await factor.enrols?.begin(ada, []),
      await factor.enrols?.begin(
        ada,
        Array.from({ length: 10 }, () => credential),
      ),
      await factor.challenge(ada, [credential]),
      await factor.challenge(ada, [credential, credential]),
      await factor.opens?.begin(),
    ];
    const messages = prompts.flatMap((it) => messagesIn(it?.prompt));
    expect(messages.length).toBeGreaterThan(20);
    expect(messages.filter((message) => !fits(message))).toEqual([]);
  });

  it('in refusals of models', () => {
    const aaguid = 'a25342c0-3cdc-4414-8e46-f4807fca511c';
    const objections: readonly Objection[] = ['synced', 'attestation', 'model', 'status', 'level', 'firmware'];
    const refused: Message[] = [];
    for (const objection of objections) {
      for (const allow of [[], [aaguid]]) {
        for (const more of [{}, { requestUrl: 'https://help.example.edu' }]) {
          const given = {
            name: 'p',
            attestation: 'preferred',
            aaguids: { allow },
            minimumFirmware: { [aaguid]: '5.7.0' },
          };
          const parsed = settings.parse({ profiles: [{ ...given, ...more }] });
          const [profile] = parsed.profiles;
          if (profile === undefined) throw new Error('no profile');
          const judgement: Extract<Judgement, { accepted: false }> = {
            accepted: false,
            objection,
            profile,
            detail: '',
          };
          const trust = createTrust(parsed, fixture().ports);
          refused.push(refuseModel(trust, { aaguid }, judgement).message);
        }
      }
    }
    expect(new Set(refused.map(({ key }) => key)).size).toBe(20);
    expect(refused.filter((message) => !fits(message))).toEqual([]);
  });

  it('and no AAGUID, which tells people nothing', () => {
    const unknown = '01234567-89ab-4cde-8f01-23456789abcd';
    const parsed = settings.parse({
      profiles: [{ name: 'p', attestation: 'preferred', aaguids: { allow: [unknown] } }],
    });
    const [profile] = parsed.profiles;
    if (profile === undefined) throw new Error('no profile');
    const judgement = { accepted: false, objection: 'model', profile, detail: '' } as const;
    const { message } = refuseModel(createTrust(parsed, fixture().ports), { aaguid: unknown }, judgement);
    expect(JSON.stringify(message)).not.toContain(unknown);
    expect(message).toMatchObject({ key: 'refused.model', values: { name: 'This passkey or key' } });
  });

  it('in other refusals', () => {
    const told = ['expired', 'failed', 'not-verified', 'registered', 'suspended', 'unknown'] as const;
    expect(told.map((key) => refuse(key).message).filter((message) => !fits(message))).toEqual([]);
  });
});
