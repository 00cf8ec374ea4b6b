import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function logging() {
  const lines: string[] = [];
  let flushed = 0;
  const flush = () => {
    flushed += 1;
  };
  const log = createLog('info', { write: (line) => void lines.push(line), flush });
  return { log, read: () => lines.map((line) => JSON.parse(line)), flushed: () => flushed };
}

it('writes nothing that is named like a secret, as deep as three levels, and changes nothing of what it is given', () => {
  const { log, read } = logging();
  const given = { password: 'p', of: { token: 't', at: { cookie: 'c', name: 'n' } }, list: [{ code: 1 }], name: 'n' };
  const before = structuredClone(given);
  log.info(given, 'said');
  const of = { token: '[redacted]', at: { cookie: '[redacted]', name: 'n' } };
  expect(read()).toMatchObject([
    { password: '[redacted]', of, list: [{ code: '[redacted]' }], name: 'n', msg: 'said', level: 30 },
  ]);
  expect(given).toEqual(before);
});

it('tells an error whole, but for what is named like a secret', () => {
  const { log, read } = logging();
  log.error({ err: Object.assign(new TypeError('broken'), { secret: 's', hint: 'h' }) }, 'failed');
  const [{ err }] = read();
  expect(err).toMatchObject({ type: 'TypeError', message: 'broken', secret: '[redacted]', hint: 'h' });
  expect(err.stack).toContain('log.test.ts');
});

it('writes warnings and errors at once, and says nothing below its level', () => {
  const { log, read, flushed } = logging();
  log.debug({}, 'unheard');
  log.info({}, 'gathered');
  expect(flushed()).toBe(0);
  log.warn({}, 'now');
  expect([flushed(), read().map(({ msg }) => msg)]).toEqual([1, ['gathered', 'now']]);
});
