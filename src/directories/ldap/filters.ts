import { AndFilter, EqualityFilter, type Filter, FilterParser, OrFilter } from 'ldapts';
import { type Preset, presetOf } from './presets.ts';
import type { Settings } from './settings.ts';
import { guidOctets } from './values.ts';

/** Who is looked for: people, as far as the filter lets them, by what they go by. What is typed is a value alone. */
export function createFilters(settings: Pick<Settings, 'preset' | 'filter' | 'attributes'>) {
  const preset: Preset = presetOf(settings.preset);
  const usernames = settings.attributes.username ?? preset.username;
  const emails = settings.attributes.email ?? preset.email;
  const keyName = settings.attributes.key ?? preset.key;
  const people = [preset.people, ...(settings.filter ? [settings.filter] : [])].map((it) =>
    FilterParser.parseString(it),
  );

  const allOf = (...filters: Filter[]): Filter => new AndFilter({ filters: [...people, ...filters] });
  const anyOf = (pairs: readonly (readonly [string, string])[]): Filter =>
    allOf(new OrFilter({ filters: pairs.map(([attribute, value]) => new EqualityFilter({ attribute, value })) }));

  return {
    everybody: () => allOf(),

    byName: (name: string): Filter => anyOf(usernames.map((attribute) => [attribute, name])),

    /** Active Directory's further addresses are written with what carries them. */
    byEmail: (address: string): Filter =>
      anyOf(emails.map((it) => [it, it.toLowerCase() === 'proxyaddresses' ? `smtp:${address}` : address])),

    /** Undefined for what can't be anybody's. */
    byKey(key: string): Filter | undefined {
      const value = preset.keySyntax === 'text' ? key : guidOctets(key);
      return value === undefined ? undefined : allOf(new EqualityFilter({ attribute: keyName, value }));
    },
  };
}

export type Filters = ReturnType<typeof createFilters>;
