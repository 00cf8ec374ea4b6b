import bowser from 'bowser';

/** What a person would call this browser and its system; empty where it doesn't say. */
export function agentOf(userAgent: string): { browser: string; system: string } {
  if (userAgent === '') return { browser: '', system: '' };
  const parsed = bowser.parse(userAgent);
  return { browser: parsed.browser.name ?? '', system: parsed.os.name ?? '' };
}
