import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { openDurable } from '../../test/support/durable.ts';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
import { createPlaces, type PlacesOf } from './places.ts';

const DAY = 86_400_000;

async function open(nodes = 1) {
  const { durable } = await openDurable();
  const clock = { now: 1_800_000_000_000 };
  const { audit, events } = recordingAudit();
  const { log, lines } = recordingLog();
  const placesOf: PlacesOf = (ip) => (ip === 'house' ? [] : [ip]);
  const deps = { now: () => clock.now, random: randomBytes, durable, audit, log, placesOf };
  const all = Array.from({ length: nodes }, () => createPlaces(deps));
  const from = async (...places: string[]) => {
    for (const ip of places) {
      for (const node of all) node.hear({ event: 'sign-in.completed', account: 'alice', ip });
      for (const node of all) await node.close();
    }
    return events.splice(0).map(({ ip }) => ip);
  };
  return { durable, clock, from, lines, audit, events };
}

it('is told by one of many nodes that see it at once', async () => {
  const { from, lines } = await open(5);
  expect(await from('home', 'home', 'abroad', 'abroad', 'home')).toEqual(['abroad']);
  expect(lines).toEqual([]);
});

it('keeps so many places of an account, and those that were seen last', async () => {
  const { from, durable, clock } = await open();
  await from('home');
  for (let at = 0; at < 100; at += 1) {
    clock.now += DAY;
    await from('home', `place ${at}`);
  }
  const kept = await durable.records('places').get('alice');
  expect(Object.keys(JSON.parse(kept?.data ?? '{}'))).toHaveLength(64);
  expect(await from('home', 'place 99', 'place 40', 'place 0')).toEqual(['place 0']);
});

it('is told by whoever comes next where the process ended before it was, and as of when it was', async () => {
  const { from, durable, clock, audit, lines } = await open();
  await from('home');
  const { commit } = audit;
  // As `kill -9` between the two.
  audit.commit = () => Promise.reject(new Error('ended'));
  expect(await from('abroad')).toEqual([]);
  expect(lines).toHaveLength(1);
  const at = clock.now;
  const told: unknown[] = [];
  audit.commit = async (event) => {
    told.push([event.ip, event.signedInAt]);
    await commit(event);
  };
  // Whoever meant to tell may be about to.
  clock.now += 59_000;
  expect(await from('home')).toEqual([]);
  clock.now += 1_000;
  expect(await from('home', 'home', 'abroad')).toEqual(['abroad']);
  expect(told).toEqual([['abroad', at]]);
  expect((await durable.records('places').get('alice'))?.data).not.toContain('abroad');
});

it('leaves nothing of an account that was nowhere', async () => {
  const { durable, from } = await open();
  expect(await from('house')).toEqual([]);
  expect(await durable.records('places').get('alice')).toBeUndefined();
  expect(await from('home')).toEqual([]);
});
