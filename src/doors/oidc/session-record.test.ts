import { expect, it } from 'vitest';
import { merge, type StoredSession, withApplications } from './session-record.ts';

const authorizations = (from: number, to: number) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, at) => [`app-${from + at}`, { sid: `sid-${from + at}` }]));

it('has so many applications and no more, whichever tab adds them: the first ones are forgotten', () => {
  const common = { accountId: 'alice', kind: 'Session' };
  const before: StoredSession = { ...common, current: 'a', authorizations: authorizations(0, 200) };
  const after = merge(before, { ...common, authorizations: authorizations(200, 203) }, { current: 'a', epoch: 0 });
  const kept = Object.keys(after.authorizations ?? {});
  expect(kept).toHaveLength(200);
  expect([kept[0], kept.at(-1)]).toEqual(['app-3', 'app-202']);
  const late = withApplications(before, { ...common, authorizations: authorizations(300, 301) });
  expect(Object.keys(late?.authorizations ?? {})).toHaveLength(200);
});
