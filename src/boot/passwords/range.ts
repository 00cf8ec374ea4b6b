import type { Breached } from '../../accounts/passwords/index.ts';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { LogPort } from '../../core/log.ts';
import { sha1Of } from './sha1.ts';

/** Of the digest, that is told outside: thousands of passwords share it. */
const TOLD = 5;
const PATIENCE = 3_000;
/** Bytes of an answer: a thousand lines, and as much padding. */
const MOST = 256 * 1024;

interface Ports {
  fetch: FactorPorts['fetch'];
  log: Pick<LogPort, 'warn'>;
}

/**
 * A range service after Have I Been Pwned: it is told five of 40 digits of the password's SHA-1 and answers with all
 * that begin so. `Add-Padding` hides by the size of the answer which ones these are; rows of count 0 are padding.
 */
export function breachedRange(service: string, whenAway: 'accept' | 'refuse', { fetch, log }: Ports): Breached {
  return async (password) => {
    const digest = sha1Of(password);
    try {
      const url = `${service.replace(/\/$/, '')}/${digest.slice(0, TOLD)}`;
      const headers = { 'add-padding': 'true', 'user-agent': 'sallyport', accept: 'text/plain' };
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status !== 200) throw new Error(`it answered ${answer.status}`);
      return listed(await bounded(answer), digest.slice(TOLD)) ? 'known' : 'unknown';
    } catch (error) {
      log.warn({ error: String(error), accepted: whenAway === 'accept' }, 'who knows leaked passwords can’t be asked');
      return whenAway === 'accept' ? 'unknown' : 'unavailable';
    }
  };
}

function listed(text: string, rest: string): boolean {
  return text.split(/\r?\n/).some((line) => {
    const [digest = '', count = ''] = line.split(':');
    return digest.toUpperCase() === rest && Number(count) > 0;
  });
}

async function bounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MOST) throw new Error(`it answered with more than ${MOST} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}
