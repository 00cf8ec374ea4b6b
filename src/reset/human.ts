import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Browser } from '../core/browser.ts';
import type { LimitPort } from '../core/limit.ts';
import type { Answer } from '../core/prompt.ts';
import { budgetKey } from '../policy/index.ts';
import type { ResetNeeds } from './needs.ts';

const HOUR = 3_600_000;
/** How long a question is good, milliseconds. */
const VALID = 15 * 60_000;
/** Of an hour for one address: questions that were waited out in the place of the work. */
const WAITED = 5;

/** What a browser is to find: a number which, behind `text`, makes a SHA-256 that begins with so many zero bits. */
export interface Question {
  text: string;
  bits: number;
  /** Without a script: it needn't, once so many milliseconds are over. */
  pause: number;
}

interface Parts {
  limit: LimitPort;
}

/**
 * Work that costs a person seconds and whoever asks for thousands a lot, and that needs neither eyes nor ears. It isn't
 * asked for the first time, and where no script runs a pause does instead, a few times an hour.
 */
export function createHuman(
  { now, random, ephemeral, macKeys, reset }: Pick<ResetNeeds, 'now' | 'random' | 'ephemeral' | 'macKeys' | 'reset'>,
  { limit }: Parts,
) {
  const { free, bits, pause } = reset.human;
  const { installation } = reset.perHour;
  const spentKey = (id: string): string => `reset-work:${id}`;
  const macOf = (text: string, key: Uint8Array | undefined): string =>
    createHmac('sha256', key ?? new Uint8Array())
      .update(`reset work\0${text}`)
      .digest('base64url');

  const budgetsOf = (ip: string) => [
    { name: 'address', of: budgetKey(ip), per: HOUR },
    { name: 'installation', of: '', per: HOUR },
  ];

  function isOurs(text: string, mac: string): boolean {
    const given = Buffer.from(mac);
    return macKeys.some((key) => {
      const expected = Buffer.from(macOf(text, key));
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  /** A question of ours that is good still: when it was made, epoch milliseconds. */
  async function open(work: string): Promise<{ id: string; made: number } | undefined> {
    const [id = '', made = '', mac = ''] = work.split('.');
    const at = Number.parseInt(made, 36);
    const age = now() - at;
    if (!isOurs(`${id}.${made}`, mac) || !(age >= 0) || age > VALID) return undefined;
    return (await ephemeral.get(spentKey(id))) === undefined ? { id, made: at } : undefined;
  }

  /** Looked at before it is spent: whoever sends nonsense spends nothing. */
  async function isAnswered({ work = '', found = '' }: Answer, ip: string): Promise<boolean> {
    const question = await open(work);
    if (question === undefined) return false;
    const worked = /^\d{1,12}$/.test(found) && zeroBits(`${work}:${found}`) >= bits;
    if (!worked && now() - question.made < pause) return false;
    if (!(await ephemeral.add(spentKey(question.id), '1', VALID))) return false;
    if (worked) return true;
    return (await limit.count([{ name: 'waited', of: budgetKey(ip), most: WAITED, per: HOUR }])).allowed;
  }

  /** A quiet address is asked as well while many others aren't. */
  async function isAsked(ip: string): Promise<boolean> {
    const { address = 0, installation: all = 0 } = await limit.read(budgetsOf(ip), now());
    return address >= free || all >= installation / 4;
  }

  return {
    /** What this browser is asked; undefined where nothing. One that is under way stays: its pause isn't begun anew. */
    async question({ ip }: Pick<Browser, 'ip'>, { work }: Answer = {}): Promise<Question | undefined> {
      if (!(await isAsked(ip))) return undefined;
      if (work !== undefined && (await open(work))) return { text: work, bits, pause };
      const text = `${Buffer.from(random(12)).toString('base64url')}.${now().toString(36)}`;
      return { text: `${text}.${macOf(text, macKeys[0])}`, bits, pause };
    },

    /** Whether somebody took the trouble, once for each question. */
    passes: async ({ ip }: Pick<Browser, 'ip'>, answer: Answer): Promise<boolean> =>
      !(await isAsked(ip)) || isAnswered(answer, ip),
  };
}

function zeroBits(text: string): number {
  const hash = createHash('sha256').update(text).digest();
  const at = hash.findIndex((byte) => byte !== 0);
  if (at < 0) return 256;
  return at * 8 + Math.clz32(hash[at] ?? 0) - 24;
}

export type Human = ReturnType<typeof createHuman>;
