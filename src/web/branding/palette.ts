import { type Colour, contrast, LEAST_CONTRAST, mix, readable } from './colours.ts';

/** What an institution says of its colours; `dark` of either is made from the light one where it isn't given. */
export interface Colours {
  accent?: { light: Colour; dark?: Colour | undefined } | undefined;
  background?: { light?: Colour | undefined; dark?: Colour | undefined } | undefined;
}

type Scheme = 'light' | 'dark';

/** As `views/assets/sallyport.css` has them; the test holds both together. */
export const OURS = {
  light: {
    ...{ page: '#f3f4f1', surface: '#ffffff', raised: '#f7f8f6', ink: '#1b252b', soft: '#535f66' },
    ...{ accent: '#17596b', onAccent: '#ffffff', towards: '#000000' },
  },
  dark: {
    ...{ page: '#10171b', surface: '#182126', raised: '#1e292f', ink: '#e8edee', soft: '#a9b6bb' },
    ...{ accent: '#86ccd9', onAccent: '#08242c', towards: '#ffffff' },
  },
} as const;

/** Beyond what is asked for: a colour that we choose needn't lie at the very edge. */
const COMFORTABLE = 6;

export interface ColourFault {
  path: readonly string[];
  message: string;
}

/** Custom properties of each scheme, in the place of those in `views/assets/sallyport.css`. */
export function paletteOf(colours: Colours): Record<Scheme, Record<string, Colour>> {
  return { light: schemeOf(colours, 'light'), dark: schemeOf(colours, 'dark') };
}

/** Colours of what brings no style sheet along: both schemes, ours where none is given. */
export function wornColours(colours: Colours): Record<Scheme, { page: Colour; accent: Colour; onAccent: Colour }> {
  const worn = (scheme: Scheme) => {
    const given = schemeOf(colours, scheme);
    const { page, accent, onAccent } = OURS[scheme];
    return { page: given.page ?? page, accent: given.accent ?? accent, onAccent: given['on-accent'] ?? onAccent };
  };
  return { light: worn('light'), dark: worn('dark') };
}

function schemeOf(colours: Colours, scheme: Scheme): Record<string, Colour> {
  const page = colours.background?.[scheme];
  return {
    ...(page === undefined ? {} : { page }),
    ...(colours.accent === undefined ? {} : accentOf(colours, scheme)),
  };
}

function accentOf(colours: Colours, scheme: Scheme): Record<string, Colour> {
  const { surface, ink, towards } = OURS[scheme];
  const grounds = groundsOf(colours, scheme);
  const given = colours.accent?.[scheme];
  const accent = given ?? readable(colours.accent?.light ?? OURS.dark.accent, towards, grounds, COMFORTABLE);
  const wash = mix(accent, surface, scheme === 'light' ? 0.1 : 0.16);
  const deep = readable(mix(towards, accent, 0.22), towards, [...grounds, wash]);
  // On a button: whichever of the two reads better on the colour, also when it is pointed at.
  const onAccent = [OURS.light.surface, scheme === 'dark' ? mix(accent, '#000000', 0.2) : ink].sort(
    (a, b) => least(b, [accent, deep]) - least(a, [accent, deep]),
  )[0] as Colour;
  return { brand: accent, accent, 'accent-deep': deep, 'accent-wash': wash, 'on-accent': onAccent, focus: accent };
}

/** What is written or drawn in the accent stands on these. */
function groundsOf(colours: Colours, scheme: Scheme): Colour[] {
  const { page, surface, raised } = OURS[scheme];
  return [surface, raised, colours.background?.[scheme] ?? page];
}

const least = (colour: Colour, grounds: readonly Colour[]) =>
  Math.min(...grounds.map((ground) => contrast(colour, ground)));

/** Colours that somebody can't read, each with one that would do. */
export function colourFaults(colours: Colours): ColourFault[] {
  return (['light', 'dark'] as const).flatMap((scheme) => [
    ...backgroundFaults(colours, scheme),
    ...accentFaults(colours, scheme),
  ]);
}

function backgroundFaults({ background }: Colours, scheme: Scheme): ColourFault[] {
  const page = background?.[scheme];
  if (page === undefined) return [];
  const { ink, soft } = OURS[scheme];
  const ratio = least(page, [ink, soft]);
  if (ratio >= LEAST_CONTRAST) return [];
  const other = scheme === 'light' ? '#ffffff' : '#000000';
  const better = readable(page, other, [ink, soft]);
  return [{ path: ['background', scheme], message: tooLittle(ratio, `the text on it (${soft})`, better) }];
}

function accentFaults(colours: Colours, scheme: Scheme): ColourFault[] {
  const given = colours.accent?.[scheme];
  if (given === undefined) return [];
  const grounds = groundsOf(colours, scheme);
  const ratio = least(given, grounds);
  if (ratio < LEAST_CONTRAST) {
    const ground = grounds.find((one) => contrast(given, one) === ratio);
    const better = readable(given, OURS[scheme].towards, grounds);
    return [{ path: ['accent', scheme], message: tooLittle(ratio, `what it stands on (${ground})`, better) }];
  }
  return [];
}

function tooLittle(ratio: number, other: string, better: Colour): string {
  const shown = (Math.floor(ratio * 10) / 10).toFixed(1);
  return `has a contrast of ${shown} to ${other}, where ${LEAST_CONTRAST} is due (WCAG 2.2, 1.4.3): ${better} would do`;
}

/** A style sheet that takes the place of our colours; empty where none is given. */
export function styleOf(colours: Colours): string {
  const { light, dark } = paletteOf(colours);
  const rules = (properties: Record<string, Colour>) =>
    Object.entries(properties)
      .map(([name, colour]) => `--${name}:${colour}`)
      .join(';');
  return [
    // Not for everybody: it stands behind the sheet that it overrides, whose dark colours it would take the place of.
    Object.keys(light).length > 0 ? `@media not (prefers-color-scheme:dark){:root{${rules(light)}}}\n` : '',
    Object.keys(dark).length > 0 ? `@media (prefers-color-scheme:dark){:root{${rules(dark)}}}\n` : '',
  ].join('');
}
