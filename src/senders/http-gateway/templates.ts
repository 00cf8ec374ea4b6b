/** How a value is written where it is put, so that it can't leave its place. */
export type Encoding = 'url' | 'form' | 'json' | 'xml' | 'plain' | 'header';

/** What a template may name. */
export const PLACEHOLDERS = ['to', 'digits', 'text', 'id'] as const;
export type Values = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

const ENCODE: Readonly<Record<Encoding, (value: string) => string>> = {
  // RFC 3986: encodeURIComponent leaves !'()* alone, which some servers read as their own.
  url: (value) => encodeURIComponent(value).replaceAll(/[!'()*]/g, percent),
  form: (value) => new URLSearchParams([['', value]]).toString().slice(1),
  // Inside the quotes that the template has.
  json: (value) => JSON.stringify(value).slice(1, -1),
  // Control characters can't stand in XML 1.0 at all (section 2.2).
  xml: (value) => withoutControls(value).replaceAll(/[&<>"']/g, (character) => XML[character] ?? ''),
  plain: (value) => value,
  // A line break would begin another header (RFC 9110 section 5.5); what isn't ASCII has no agreed meaning there.
  header: (value) => value.replaceAll(/[^\x20-\x7e]/g, ' '),
};

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function withoutControls(value: string): string {
  return [...value].filter((character) => /[\t\n\r]|[^\p{Cc}\uFFFE\uFFFF]/u.test(character)).join('');
}

/** Replaces `{name}`s of the template, each value encoded once; what a value contains isn't replaced again. */
export function fillIn(template: string, values: Values, encoding: Encoding): string {
  const encode = ENCODE[encoding];
  return template.replaceAll(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? encode(values[name as keyof Values].toWellFormed()) : whole,
  );
}

/** Placeholders of a template that stand for nothing. */
export function unknownIn(template: string): string[] {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  return names.filter((name) => !PLACEHOLDERS.some((known) => known === name));
}

/** How values are written in a body of this media type. */
export function encodingOf(contentType: string): Encoding | undefined {
  const [type = ''] = contentType.toLowerCase().split(';', 1);
  const essence = type.trim();
  if (essence === 'application/x-www-form-urlencoded') return 'form';
  if (essence === 'application/json' || essence.endsWith('+json')) return 'json';
  if (essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml')) return 'xml';
  return essence === 'text/plain' ? 'plain' : undefined;
}
