import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { installation, missing, PREREQUISITES, silencing } from '../scripts/prerequisites.ts';
import { countsLine, type Report, summarize } from '../scripts/report.ts';
import { LONGEST } from './support/longest-first.ts';

type Tests = Report['testResults'][number]['assertionResults'];

function report(tests: Tests, status = 'passed'): Report {
  const count = (wanted: string) => tests.filter((test) => test.status === wanted).length;
  return {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    testResults: [{ name: 'a.test.ts', status, assertionResults: tests }],
  };
}

const passed = { fullName: 'good', status: 'passed' };
const failed = { fullName: 'bad', status: 'failed' };

describe('the counts that end a test run', () => {
  it('pass when something passed and nothing else happened', () => {
    const summary = summarize(report([passed, passed]), 0);
    expect(summary).toEqual({ passed: 2, failed: 0, skipped: 0, ok: true, remarks: [] });
    expect(countsLine(summary)).toBe('2 passed, 0 failed, 0 skipped');
  });

  it('fail with a failed test', () => {
    expect(summarize(report([passed, failed], 'failed'), 1)).toMatchObject({ passed: 1, failed: 1, ok: false });
  });

  it('count a file that did not load, and an error outside any file', () => {
    expect(summarize(report([], 'failed'), 1)).toMatchObject({ failed: 1, ok: false });
    expect(summarize(report([passed]), 1)).toMatchObject({ passed: 1, failed: 1, ok: false });
    expect(summarize(undefined, 1)).toMatchObject({ passed: 0, failed: 1, ok: false });
  });

  it('fail when nothing ran, even if all is said to be well', () => {
    expect(summarize(report([]), 0)).toMatchObject({ passed: 0, failed: 0, ok: false, remarks: ['no test passed'] });
    expect(summarize(undefined, 0).ok).toBe(false);
  });

  it('list skipped tests, and fail where one has no reason', () => {
    const reasoned = { fullName: 'later', status: 'skipped', meta: { reason: 'needs a smart card' } };
    const bare = { fullName: 'never', status: 'todo', meta: {} };
    expect(summarize(report([passed, reasoned]), 0)).toMatchObject({
      skipped: 1,
      ok: true,
      remarks: ['skipped: a.test.ts: later: needs a smart card'],
    });
    expect(summarize(report([passed, bare]), 0)).toMatchObject({ skipped: 1, ok: false });
  });
});

describe('what is begun first', () => {
  it.each(LONGEST)('is there: %s', (file) => {
    expect(existsSync(new URL(`../${file}`, import.meta.url))).toBe(true);
  });
});

describe('the prerequisites', () => {
  it('are looked for on PATH, or where they must be', () => {
    const command = { anyOf: ['sh'], package: 'dash', why: '' };
    const file = { anyOf: ['/nowhere/at/all', '/bin/sh'], package: 'dash', why: '' };
    const absent = { anyOf: ['no-such-command'], package: 'none', why: '' };
    expect(missing([command, file, absent], '/nowhere:/bin')).toEqual([absent]);
    expect(missing([command], '/nowhere')).toEqual([command]);
    const versioned = { anyOf: ['no-such-command', '/usr/*/sh'], package: 'dash', why: '' };
    expect(missing([versioned, { ...versioned, anyOf: ['/usr/*/no-such-command'] }])).toHaveLength(1);
  });

  it('are installed from Debian in two commands', () => {
    expect(installation(PREREQUISITES).map((words) => words.join(' '))).toEqual([
      'apt-get update',
      'apt-get install --yes --no-install-recommends redis-server postgresql slapd chromium fonts-noto-cjk xmlsec1 python3-pysaml2 python3-authlib python3-requests haproxy freeradius-utils freeradius libpam-radius-auth radsecproxy eapoltest systemd',
    ]);
  });

  it('leave no server running on the ports of a demonstration', () => {
    expect(silencing(PREREQUISITES).map((words) => words.join(' '))).toEqual([
      'service freeradius stop',
      'update-rc.d freeradius disable',
      'service radsecproxy stop',
      'update-rc.d radsecproxy disable',
    ]);
  });
});
