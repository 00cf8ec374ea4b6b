import { expect, it } from 'vitest';
import { sectionsOf } from '../config/schema.ts';
import { testModules } from '../testing/modules.ts';
import { TAKES, takesOf } from './settings.ts';

it('says of every section of the schema what a change of it takes, and of none besides', () => {
  expect(Object.keys(TAKES).sort()).toEqual(Object.keys(sectionsOf(testModules)).sort());
});

it('takes a restart for what it doesn’t know', () => {
  expect(takesOf(['constructor'], 1, 2)).toBe('restart');
  expect(takesOf([], 1, 2)).toBe('restart');
});

it('reads certificates anew, and nothing else of where it listens', () => {
  expect(takesOf(['listen', 'tls', 'cert'], '/a.pem', '/b.pem')).toBe('reload');
  expect(takesOf(['listen', 'tls'], undefined, {})).toBe('restart');
  expect(takesOf(['listen', 'port'], 3000, 3005)).toBe('restart');
});

it('takes other processes for a port of a door’s own, and for a door that comes or goes with one', () => {
  expect(takesOf(['doors', 'lines', 'listen', 'port'], 1812, 1645)).toBe('roll');
  expect(takesOf(['doors', 'lines'], undefined, { listen: { port: 1812 } })).toBe('roll');
  expect(takesOf(['doors', 'lines'], { listen: { port: 1812 } }, undefined)).toBe('roll');
  expect(takesOf(['doors', 'pages'], undefined, {})).toBe('reload');
  expect(takesOf(['doors', 'lines', 'patience'], '1m', '2m')).toBe('reload');
});

it('lets processes take each other’s place for another credential of the same store, not for another store', () => {
  const at = ['stores', 'durable', 'url'];
  expect(takesOf(at, 'disk://me:old@host/db', 'disk://me:new@host/db')).toBe('roll');
  expect(takesOf(at, 'disk://me:old@host/db', 'disk://me:old@other/db')).toBe('restart');
  expect(takesOf(at, 'disk://host/db@1', 'disk://host/db@2')).toBe('restart');
  expect(takesOf(['stores', 'durable', 'username'], 'me', 'you')).toBe('roll');
  expect(takesOf(['stores', 'durable', 'file'], '/a', '/b')).toBe('restart');
});
