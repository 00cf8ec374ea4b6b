import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pages } from '../../src/web/models.ts';
import { launch } from '../support/chromium.ts';
import { LOCALES, type Sample, serveGallery } from '../support/gallery.ts';

/** A small laptop's window. */
const WINDOW = { width: 1280, height: 720 };

/** What an institution may write in the place of ours, about as long as it may sensibly be. */
const TITLE = {
  en: 'Sign in with your account of the university and its hospitals',
  'zh-Hant': '請使用您在大學與附屬醫院通用的同一個帳號登入',
  'zh-Hans': '请使用您在大学与附属医院通用的同一个账号登录',
};
const HINT = {
  en: 'Your student or staff number: a letter and seven digits, as on the back of your card.',
  'zh-Hant': '您的學號或教職員編號：一個英文字母加七位數字，印在卡片背面。',
  'zh-Hans': '您的学号或教职工编号：一个英文字母加七位数字，印在卡片背面。',
};
const NAME = {
  en: 'The Federal University of Applied Sciences, Medicine and the Fine Arts at Northbridge',
  'zh-Hant': '北橋聯邦應用科學、醫學與藝術綜合大學暨附屬教學醫院',
  'zh-Hans': '北桥联邦应用科学、医学与艺术综合大学暨附属教学医院',
};
const OVERRIDES = Object.fromEntries(
  Object.entries(TITLE).map(([locale, title]) => [locale, { 'password:title': title }]),
);

/** As many as have a button each on the page, and one of them is long. */
const HOUSES = [
  'Partner Hospital',
  'Southbridge University of Applied Sciences',
  'Law School',
  'Botanical Garden',
  'Museum',
];
const houses = HOUSES.map((name, at) => ({ href: `/sign-in/x/leave?to=${at}`, name, domain: `house-${at}.example` }));
const chooser = '/sign-in/x/houses';

type Prompt = Pages['prompt'];
const passkey: Prompt['prompt'] = {
  ...{ kind: 'ceremony', title: { key: 'open.title' }, text: { key: 'open.text' }, action: { key: 'open.action' } },
  ...{ script: '/assets/fido2/ceremony.js', options: {}, conditional: true, says: {} },
};
const redirect: Prompt['prompt'] = {
  ...{ kind: 'redirect', title: { key: 'upstream.title' }, name: 'Partner Hospital' },
  action: { key: 'upstream.action' },
};

/** Everything that a sign-in's page may have while nobody is known; what leads is the first. */
function pageOf(leads: 'password' | 'passkey' | 'house', many: number, more: 'plain' | 'long'): Sample {
  const long = more === 'long';
  const identifier = { label: { key: 'username' }, ...(long && { hint: HINT, value: 'ada@partner.example' }) };
  const secret: Prompt['prompt'] = {
    ...{ kind: 'secret', title: { key: 'title' }, label: { key: 'label' }, autocomplete: 'current-password' },
    identifier,
  };
  const ways = [
    { factor: 'password', prompt: secret },
    { factor: 'fido2', prompt: passkey },
  ];
  const [first = ways[0], ...also] = leads === 'passkey' ? ways.toReversed() : ways;
  const suggested = leads === 'house' ? { suggested: houses[0] } : {};
  const model: Prompt = {
    ...{ action: '/sign-in/x', csrf: 'token', purpose: 'sign-in', account: undefined, cancel: '/sign-in/x/cancel' },
    ...{ application: { en: 'Library', 'zh-Hant': '圖書館', 'zh-Hans': '图书馆' }, forgotten: '/reset' },
    ...(first as (typeof ways)[number]),
    also: [...also, ...(many > 0 ? [{ factor: 'upstream:partner', prompt: redirect }] : [])],
    ...(many > 0 && {
      houses: { ...suggested, buttons: houses.slice(leads === 'house' ? 1 : 0, many), ...(long && { chooser }) },
    }),
    ...(long && { error: { key: 'wrong', factor: 'password' } }),
  } as Prompt;
  return { name: `${leads}-${many}-${more}`, page: 'prompt', model };
}

const combinations = (many: readonly number[], more: 'plain' | 'long') =>
  many.flatMap((count) => (['password', 'passkey', 'house'] as const).map((leads) => pageOf(leads, count, more)));
const PLAIN = [pageOf('passkey', 0, 'plain'), ...combinations([1, 5], 'plain')];
const LONG = [pageOf('password', 0, 'long'), ...combinations([1, 3], 'long')];

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

/** How far below a small laptop's window who helps stands, page by page. */
async function below(shown: readonly Sample[], own: Parameters<typeof serveGallery>[1], locale: string) {
  const gallery = await serveGallery(shown, own);
  const page = await browser.newPage({ viewport: WINDOW });
  const found: string[] = [];
  for (const { name } of shown) {
    await page.goto(`${gallery.origin}/${locale}/${name}`, { waitUntil: 'load' });
    const end = await page.evaluate<number>("document.querySelector('.foot').getBoundingClientRect().bottom");
    if (end > WINDOW.height) found.push(`${name}: ${Math.round(end - WINDOW.height)} px`);
    const shot = process.env.SALLYPORT_SHOTS;
    if (shot !== undefined) await page.screenshot({ path: `${shot}/${name}.${locale}.png`, fullPage: true });
  }
  await page.close();
  gallery.close();
  return found;
}

describe('a sign-in in a small laptop’s window, with who helps above its edge', () => {
  it.each(LOCALES)('whatever leads, and by as many ways as have a button, in %s', async (locale) => {
    expect(await below(PLAIN, {}, locale)).toEqual([]);
  });

  it.each(LOCALES)('in an institution’s own, long words, after a wrong answer, in %s', async (locale) => {
    expect(await below(LONG, { overrides: OVERRIDES, name: NAME }, locale)).toEqual([]);
  });
});
