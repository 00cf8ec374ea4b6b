import type { DoorPorts } from '../../core/door.ts';
import type { JourneyStep, Method } from '../../core/journey.ts';
import type { Message } from '../../core/prompt.ts';
import type { RadiusClient } from './settings.ts';

type Prompting = Extract<JourneyStep, { kind: 'prompt' }>;

/** Octets of a text that ends a sign-in (RFC 2865 section 5.18). */
const REPLY = 253;

/**
 * One line that every client shows: no markup, which some read as such, and no typographic marks, which others can't
 * write. Cut between characters.
 */
export function line(value: string, most: number): string {
  const plain = value
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”"]/g, "'")
    .replaceAll(/[–—]/g, '-')
    .replaceAll(/[<>&]/g, ' ')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ');
  let cut = '';
  for (const character of plain) {
    if (Buffer.byteLength(cut) + Buffer.byteLength(character) > most) break;
    cut += character;
  }
  return cut;
}

/** How a challenge is asked: the prompt, in which round, and what a digit chooses instead. */
export interface Asking {
  step: Prompting;
  round: number;
  methods: readonly Method[];
}

/** What people read at a client, in its language and its length. */
export function createTexts({ say }: Pick<DoorPorts, 'say'>) {
  const own = ({ settings: { locale } }: RadiusClient, key: string, values: Message['values'] = {}) =>
    say({ key, values }, { locale, factor: 'radius' });
  const nameOf = ({ settings: { locale } }: RadiusClient, factor: string) => say({ key: 'method' }, { locale, factor });

  /** The first that fits; of those that don't, the last is cut. */
  function fitting({ settings: { textLength } }: RadiusClient, texts: readonly string[]): string {
    const lines = texts.map((it) => line(it, Number.POSITIVE_INFINITY));
    const found = lines.find((it) => Buffer.byteLength(it) <= textLength) ?? lines.at(-1) ?? '';
    return line(found, textLength);
  }

  /** With all that can be chosen, with fewer of them, with none. */
  function listing(client: RadiusClient, methods: readonly Method[], write: (others: string) => string): string[] {
    const named = methods.map(({ factor }, at) =>
      own(client, 'other', { digit: at + 1, method: nameOf(client, factor) }),
    );
    return named.map((_, left) => write(named.slice(0, named.length - left).join(', ')));
  }

  return {
    /** What a challenge asks. No two rounds of a sign-in ask in the same words: some clients show a new field only then. */
    challenge(client: RadiusClient, { step: { prompt, factor }, round, methods }: Asking): string {
      const values = { round, method: nameOf(client, factor) };
      const write = (key: string, more: Message['values'] = {}) => own(client, key, { ...values, ...more });
      if (prompt.kind === 'number') {
        return fitting(client, [write(round === 1 ? 'number' : 'number-again', { number: prompt.number })]);
      }
      if (prompt.kind === 'wait') return fitting(client, [write('ask-again')]);
      const plain = write(round === 1 ? 'code' : 'code-again');
      const others = round === 1 ? listing(client, methods, (all) => write('code-or', { others: all })) : [];
      return fitting(client, [...others, plain]);
    },

    /** What can be chosen, where nothing is asked yet. */
    choose: (client: RadiusClient, methods: readonly Method[]): string =>
      fitting(
        client,
        listing(client, methods, (others) => own(client, 'choose', { others })),
      ),

    /** Why it ended, in the door's own words. */
    reply: (client: RadiusClient, key: string): string => line(own(client, key), REPLY),

    /** Why it ended, in the words of the journey or a factor. */
    said: (client: RadiusClient, { factor, ...message }: Message & { factor?: string }): string =>
      line(say(message, { locale: client.settings.locale, ...(factor ? { factor } : {}) }), REPLY),
  };
}

export type Texts = ReturnType<typeof createTexts>;
