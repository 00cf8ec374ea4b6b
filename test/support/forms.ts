/** A form of a page, as a browser without script reads it. */
export interface Form {
  action: string;
  method: 'GET' | 'POST';
  /** What would be sent with no button pressed and nothing typed. */
  fields: Record<string, string>;
  buttons: { name: string; value: string; text: string; action?: string }[];
}

const TAG = /<(input|button|select|option|textarea)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const FORM = /<form\b((?:[^>"']|"[^"]*"|'[^']*')*)>([\s\S]*?)<\/form>/gi;
const ATTRIBUTE = /([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** The forms of a page, in order. */
export function forms(html: string): Form[] {
  const page = html.replace(/<!--[\s\S]*?-->/g, '');
  return [...page.matchAll(FORM)].map(([, head = '', body = '']) => {
    const form = attributes(head);
    const method = form.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET';
    const result: Form = { action: form.get('action') ?? '', method, fields: {}, buttons: [] };
    for (const tag of body.matchAll(TAG)) read(result, tag, body);
    return result;
  });
}

/** The page's only form, or the one whose action contains `action`; throws when there is none. */
export function form(html: string, action?: string): Form {
  const all = forms(html);
  const found = all.find((candidate) => action === undefined || candidate.action.includes(action));
  if (found) return found;
  const seen = all.map((candidate) => candidate.action).join(', ') || 'no form';
  throw new Error(`no form ${action ?? ''} on this page (${seen}): ${text(html).slice(0, 500)}`);
}

/** What a person reads on a page, on one line. */
export function text(html: string): string {
  const bare = html.replace(/<(script|style|head)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
  return decode(bare).replace(/\s+/g, ' ').trim();
}

function read(form: Form, tag: RegExpMatchArray, body: string): void {
  const [whole, element = '', head = ''] = tag;
  const rest = body.slice((tag.index ?? 0) + whole.length);
  const found = attributes(head);
  const name = found.get('name');
  const value = found.get('value');
  if (found.has('disabled')) return;
  const kind = element.toLowerCase();
  if (kind === 'input') input(form, found);
  if (kind === 'button' && (found.get('type') ?? 'submit') === 'submit') {
    form.buttons.push({ name: name ?? '', value: value ?? '', text: until(rest, 'button'), ...action(found) });
  }
  if (kind === 'textarea' && name) form.fields[name] = decode(rest.slice(0, rest.indexOf('</')));
  if (kind === 'select' && name) form.fields[name] = selected(rest.slice(0, rest.indexOf('</select>')));
}

function input(form: Form, found: ReadonlyMap<string, string>): void {
  const name = found.get('name') ?? '';
  const type = found.get('type')?.toLowerCase() ?? 'text';
  if (type === 'submit') {
    const value = found.get('value') ?? '';
    form.buttons.push({ name, value, text: value, ...action(found) });
  } else if (type === 'checkbox' || type === 'radio') {
    if (name && found.has('checked')) form.fields[name] = found.get('value') ?? 'on';
  } else if (name && type !== 'button' && type !== 'reset') {
    form.fields[name] = found.get('value') ?? '';
  }
}

function selected(options: string): string {
  const all = [...options.matchAll(TAG)].map(([, , head = '']) => attributes(head));
  return (all.find((option) => option.has('selected')) ?? all[0])?.get('value') ?? '';
}

function action(found: ReadonlyMap<string, string>): { action?: string } {
  const address = found.get('formaction');
  return address === undefined ? {} : { action: address };
}

function until(html: string, element: string): string {
  return text(html.slice(0, html.indexOf(`</${element}>`)));
}

function attributes(head: string): Map<string, string> {
  return new Map(
    [...head.matchAll(ATTRIBUTE)].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function decode(html: string): string {
  return html.replace(/&(?:#x([\da-f]+)|#(\d+)|([a-z]+));/gi, (all, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name.toLowerCase()] ?? all;
  });
}
