import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Result, RunOptions } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** WCAG 2.2 AA and what comes before it, and axe's own best practices. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Our pages have no frames: axe's own script, run in the page, sees all of it. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let shared: Promise<Browser> | undefined;

/**
 * The Chromium of this test file, started at the first call ($CHROMIUM, else Debian's), with further switches if any.
 * Open pages through `browser.newContext()`, one context for each person, and close it in `afterAll`.
 */
export function launch(...switches: string[]): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  shared ??= chromium.launch({ executablePath, args: [...ARGUMENTS, ...switches] }).then((browser) => {
    // Another file of the same process starts one of its own.
    browser.once('disconnected', () => {
      shared = undefined;
    });
    return browser;
  });
  return shared;
}

/**
 * What axe finds on the page as it stands: one line for each element at fault, `rule (impact): selector: what to do`.
 * With `rule`, by that one alone.
 */
export async function axe(page: Page, rule?: string): Promise<string[]> {
  // A document keeps it: at a second look the most expensive part is there already.
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
  const runOnly = rule === undefined ? { type: 'tag', values: RULES } : { type: 'rule', values: [rule] };
  const options = { runOnly, resultTypes: ['violations'] } as RunOptions;
  // What fades from one colour scheme to the other is looked at when it has arrived.
  await page.evaluate('for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish()');
  const violations = await page.evaluate<Result[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const advice = (failureSummary ?? '').replace(/\s+/g, ' ').trim();
      return `${id} (${impact ?? 'unknown'}): ${target.flat().join(' ')}: ${advice}`;
    }),
  );
}

/** What a page must never cause; empty while all is well. */
export interface Watch {
  /** Each begins with `console:`, `csp:`, `exception:`, `failed:`, `status:` or `external:`. */
  readonly problems: readonly string[];
}

/**
 * Collects console errors, CSP violations, exceptions, requests that failed and requests that leave
 * the machine, from now on. A document answered with an error status isn't a problem: error pages are pages.
 */
export function watch(page: Page): Watch {
  const problems: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy/i.test(text)) problems.push(`csp: ${text}`);
    // The browser's own line on a status of 400 or more says no address; `response` below does.
    else if (message.type() === 'error' && !text.startsWith('Failed to load resource')) {
      problems.push(`console: ${text}`);
    }
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    if (leavesTheMachine(request.url())) problems.push(`external: ${request.method()} ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'unknown';
    // A page that is left gives up what it was loading, by design.
    if (reason === 'net::ERR_ABORTED') return;
    problems.push(`failed: ${request.method()} ${request.url()} (${reason})`);
  });
  page.on('response', (response) => {
    if (response.status() < 400 || response.request().isNavigationRequest()) return;
    problems.push(`status: ${response.status()} ${response.url()}`);
  });
  return { problems };
}

function leavesTheMachine(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  if (protocol === 'data:' || protocol === 'blob:' || protocol === 'about:') return false;
  return !(hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname));
}
