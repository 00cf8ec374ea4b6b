import { expect, it } from 'vitest';
import { clusterFindings, sentinelFindings } from './examine-groups.ts';

const there = (address: string, primary = 'p:6379') => ({ address, primary });
const told = (found: readonly { level: string; text: string }[]) => found.map(({ level, text }) => `${level}: ${text}`);

it('sees Sentinels that are gone, apart, too few, or could agree on nothing', () => {
  const three = ['a:1', 'b:1', 'c:1'].map((address) => there(address));
  expect(told(sentinelFindings(three))).toEqual(['good: 3 Sentinels agree on p:6379']);
  const gone = { address: 'd:1', failed: 'refused' };
  expect(told(sentinelFindings([...three.slice(1), gone]))).toEqual([
    "notice: the Sentinel d:1 doesn't answer: refused",
  ]);
  expect(told(sentinelFindings([gone, gone, gone]))[0]).toMatch(/^fault: /);
  expect(told(sentinelFindings(three.slice(1)))).toEqual([expect.stringMatching(/^notice: 2 Sentinels/)]);
  expect(told(sentinelFindings([...three.slice(1), there('a:1', 'q:1')]))).toEqual([
    'fault: Sentinels name different primaries: p:6379, q:1',
  ]);
  expect(told(sentinelFindings([...three.slice(1), { ...there('a:1'), unable: 'NOQUORUM 1 usable' }]))).toEqual([
    'fault: no failover would be agreed on, says a:1: NOQUORUM 1 usable',
  ]);
  expect(told(sentinelFindings([...three.slice(1), { ...there('a:1'), unable: 'NOPERM this user' }]))[0]).toMatch(
    /^notice: the Sentinel a:1 doesn't tell/,
  );
});

it('sees what is missing of a cluster', () => {
  const three = ['a:1', 'b:1', 'c:1'].map((address) => ({ address, replicas: 1 }));
  const find = (primaries = three, { state = 'ok', slots = 16_384, least = 1 } = {}) =>
    told(clusterFindings(`cluster_state:${state}\r\ncluster_slots_ok:${slots}\r\n`, primaries, least));
  expect(find()).toEqual(['good: the cluster is whole: 3 primaries, each with its replicas']);
  expect(find([...three.slice(1), { address: 'd:1', replicas: 0 }])).toEqual([
    'fault: the primary d:1 has 0 replicas; 1 must have what is ended',
  ]);
  expect(find(three, { state: 'fail', slots: 10_923 })).toEqual([
    "fault: the cluster isn't whole (fail): 10923 of 16384 slots are served",
  ]);
  expect(find(three, { least: 2 })).toHaveLength(3);
  expect(find(three.slice(1))).toEqual([expect.stringMatching(/^notice: the cluster has 2 primaries/)]);
});
