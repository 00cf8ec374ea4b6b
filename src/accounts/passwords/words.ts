/** Shorter names than this would refuse far too much; a Han character says as much as some letters. */
const SHORTEST = 4;

/** What stands beside a name must be a password's worth of its own. */
export const ENOUGH = 8;

/** Letters and digits alone, whatever their case, width and what stands between them. */
export function bare(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

export function weightOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
}

/**
 * Whether it is little more than these names: what is left without them is compared as a whole, as NIST SP 800-63B-4
 * section 3.1.1.2 asks, so that a long sentence may speak of anybody.
 */
export function isLittleMoreThan(password: string, names: readonly string[]): boolean {
  const sought = names.map(bare).filter((name) => weightOf(name) >= SHORTEST);
  const whole = bare(password);
  // Longer ones first: what a shorter one leaves of them would count.
  const left = sought.sort((a, b) => b.length - a.length).reduce((rest, name) => rest.replaceAll(name, ' '), whole);
  return left !== whole && weightOf(left.replaceAll(' ', '')) < ENOUGH;
}
