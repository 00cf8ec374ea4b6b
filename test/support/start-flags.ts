import { readFileSync } from 'node:fs';

/** How `npm start`, the image and the unit have Node run the gateway: what is measured runs the same way. */
export function startFlags(): string[] {
  const script = readFileSync(new URL('../../scripts/start.sh', import.meta.url), 'utf8');
  const [line = ''] = script.match(/^exec node .*/m) ?? [];
  return line.split(' ').filter((word) => word.startsWith('--'));
}
