/** `#rrggbb`, in lower case. */
export type Colour = string;

/** Red, green and blue, 0 to 255. */
type Channels = readonly [number, number, number];

/** What text must have against what it stands on (WCAG 2.2, 1.4.3). */
export const LEAST_CONTRAST = 4.5;

function channelsOf(colour: Colour): Channels {
  const at = (place: number) => Number.parseInt(colour.slice(place, place + 2), 16);
  return [at(1), at(3), at(5)];
}

/** 0 for black, 1 for white (WCAG 2.2, "relative luminance"). */
function luminance(colour: Colour): number {
  const [red, green, blue] = channelsOf(colour);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** From 1, for a colour and itself, to 21, for black and white (WCAG 2.2, "contrast ratio"). */
export function contrast(one: Colour, other: Colour): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** `share` of one colour in another: 0 leaves the other as it is, 1 is the one. */
export function mix(one: Colour, other: Colour, share: number): Colour {
  const [a, b] = [channelsOf(one), channelsOf(other)];
  const mixed = a.map((channel, index) => Math.round(channel * share + (b[index] ?? 0) * (1 - share)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** The colour, with as little of `towards` in it as makes it readable on all of these grounds. */
export function readable(colour: Colour, towards: Colour, grounds: readonly Colour[], least = LEAST_CONTRAST): Colour {
  for (let share = 0; share < 1; share += 0.02) {
    const tried = mix(towards, colour, share);
    if (grounds.every((ground) => contrast(tried, ground) >= least)) return tried;
  }
  return towards;
}
