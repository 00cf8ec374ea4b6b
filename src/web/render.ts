import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';
import type { Assets } from './assets.ts';
import { type Branding, PLAIN } from './branding/index.ts';
import { etaOver } from './branding/templates.ts';
import type { I18n, Values } from './i18n.ts';
import { direction, ownName } from './languages.ts';
import type { PageName, Pages } from './models.ts';
import { moments } from './moments.ts';
import { reportWords } from './report-words.ts';
import { sceneOf } from './scenes.ts';
import { ownZone, times } from './times.ts';

/** Where people turn to when stuck; shown at the foot of every page. */
export interface Support {
  name?: LocalizedText;
  url?: string;
  email?: string;
  phone?: string;
  /** How to get a pass, when and where. */
  pass?: LocalizedText;
  hours?: LocalizedText;
  address?: LocalizedText;
}

export interface RendererOptions {
  i18n: I18n;
  assets: Assets;
  /** What the institution calls itself. */
  name: LocalizedText;
  support?: Support;
  /** IANA zone of the times shown; the server's own by default. */
  timeZone?: string;
  /** Epoch milliseconds; for "3 hours ago". */
  now?: () => number;
  branding?: Branding;
  /** Where a picture of others', or a file of the operator's, is served; undefined where it isn't. */
  pictureOf?: (icon: string) => string | undefined;
  /** Told of a template of the institution's that failed: ours took its place. */
  onBroken?: (page: string, error: Error) => void;
}

/** What every page needs beside its model. */
export interface RenderContext {
  locale: string;
  /** Reference id of the request. */
  reference: string;
  /** Path and query of this page, to which the language switch returns; absent where it can't be asked for again. */
  path?: string;
  /** Who is signed in, for the header. */
  account?: { name: string; desk?: true };
  /** Address that signs out, shown beside the name. */
  signOut?: string;
}

export interface Renderer {
  /** A whole page. Everything in the model is escaped. */
  html<N extends PageName>(page: N, model: Pages[N], context: RenderContext): string;
}

/** Compiles each template once, at its first use. */
export function createRenderer(options: RendererOptions): Renderer {
  const templates = options.branding?.templates ?? new Map<string, string>();
  const eta = etaOver(new Map());
  const theirs = templates.size > 0 ? etaOver(templates) : undefined;
  const spoken = new Map(options.i18n.locales.map((locale) => [locale, helpers(options, locale)]));
  const frame = frames(options);
  return {
    html(page, model, context) {
      const inLocale = spoken.get(context.locale) ?? helpers(options, context.locale);
      const data = { ...model, model, ...inLocale, page: frame(page, context) };
      if (theirs === undefined) return eta.render(`/pages/${page}`, data);
      try {
        return theirs.render(`/pages/${page}`, data);
      } catch (error) {
        // A mistake in a template keeps nobody out.
        options.onBroken?.(page, error as Error);
        return eta.render(`/pages/${page}`, data);
      }
    },
  };
}

/**
 * Functions that templates call as `it.…`; `it.model` has the model's values that bear the same name.
 * They give plain text, which the template escapes; `time`, `sentence` and `glyph` give HTML.
 */
function helpers({ i18n, assets, timeZone, now = Date.now, pictureOf }: RendererOptions, locale: string) {
  const t = (key: string, values?: Values) => i18n.t(locale, key, values);
  const when = times(locale, timeZone, now);
  const figures = new Intl.NumberFormat(locale);
  const regions = new Intl.DisplayNames([locale], { type: 'region' });
  const letters = new Intl.Segmenter(locale);
  const glyphOf = (path: string) => assets.get(path)?.body.toString('utf8');
  /** A factor's own picture, as HTML: a file of the program's, by an id that is a folder's. */
  const glyph = (factor?: string) => glyphOf(`/assets/${factor}/glyph.svg`) ?? glyphOf('/assets/glyph.svg') ?? '';
  const shares = new Intl.NumberFormat(locale, { style: 'percent' });
  /** What a sentence calls `name` may be a method, which has it in the language of the day on which it was set up. */
  const named = ({ key, values = {} }: Message): Message =>
    typeof values.name === 'string'
      ? { key, values: { ...values, name: i18n.named(locale, values.name) } }
      : { key, values };
  const tongue = {
    t,
    text: (message: Message, namespace?: string) => i18n.text(locale, named(message), namespace),
    localized: (text: LocalizedText) => i18n.localized(locale, text),
    region: (letters: string) => regions.of(letters) ?? letters,
    number: (value: number) => figures.format(value),
    /** Rounded down: all but one of a thousand aren't all. */
    percent: (share: number) => shares.format(Math.floor(share * 100) / 100),
    ...when,
  };
  return {
    ...tongue,
    /** Of reports: cells, and what is drawn, in words. */
    words: reportWords(tongue),
    methodName: (name: string) => i18n.named(locale, name),
    /** What kind of method it is, as a text beside its name; undefined where the name says so. */
    kindBeside: ({ factor, name, sort = 'method' }: { factor: string; name: string; sort?: string }) =>
      i18n.saysKind(name) ? undefined : i18n.text(locale, { key: sort }, factor),
    /** What a factor is offered as where it is the one to take, as "Approve on my phone"; its name where it has no such text. */
    offer: (factor: string) => i18n.text(locale, { key: i18n.has(locale, 'offer', factor) ? 'offer' : 'name' }, factor),
    /** Whether there is such a text: for keys that applications bring, as scopes. */
    term: (prefix: string, name: string) =>
      /^[a-z0-9_-]+$/i.test(name) && i18n.has(locale, `${prefix}.${name}`) ? t(`${prefix}.${name}`) : name,
    /** A message, or text that an operator wrote. */
    label: (label: Message | LocalizedText, namespace?: string) => i18n.label(locale, label, namespace),
    secondsTo: (ms: number) => Math.max(0, Math.ceil((ms - now()) / 1000)),
    used: (ms: number) => (now() - ms < 60_000 ? t('used.just-now') : t('used.ago', { when: when.ago(ms) })),
    duration: ({ amount, unit }: { amount: number; unit: string }) => t(`duration.${unit}`, { count: amount }),
    asset(path: string) {
      const asset = assets.get(path);
      if (asset === undefined) throw new Error(`${path}: no such asset`);
      return `${path}?v=${asset.version}`;
    },
    picture: (icon: string | undefined) => (icon === undefined ? undefined : pictureOf?.(icon)),
    /** What stands where there is no picture: the first letter, or the first Han character. */
    initial: (name: string) => [...letters.segment(name.trim())][0]?.segment.toLocaleUpperCase(locale) ?? '',
    glyph,
    sceneOf,
    ...moments(when, t),
    svg: (document: string) => `data:image/svg+xml;base64,${Buffer.from(document).toString('base64')}`,
  };
}

/** What the layout shows around a page. What languages are called is looked up once. */
function frames({ i18n, name: institution, support, timeZone, branding = PLAIN }: RendererOptions) {
  const languages = i18n.locales.map((tag) => ({ tag, name: ownName(tag), to: `${new URLSearchParams({ to: tag })}` }));
  const zone = timeZone ?? ownZone();
  const spoken = new Map(
    i18n.locales.map((locale) => [
      locale,
      { dir: direction(locale), institution: i18n.localized(locale, institution) },
    ]),
  );
  return (name: PageName, context: RenderContext) => {
    const { locale, path } = context;
    const back = path === undefined ? undefined : new URLSearchParams({ back: path }).toString();
    return {
      ...context,
      name,
      ...(spoken.get(locale) ?? { dir: direction(locale), institution: i18n.localized(locale, institution) }),
      support,
      branding,
      timeZone: zone,
      languages: languages.map(({ tag, name, to }) => ({
        ...{ tag, name, current: tag === locale },
        href: back === undefined ? undefined : `/language?${to}&${back}`,
      })),
    };
  };
}
