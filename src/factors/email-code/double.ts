/** The code in a mail's text, as its reader finds it. */
export function readCode(text: string): string {
  return /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '';
}
