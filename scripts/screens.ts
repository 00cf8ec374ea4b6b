import type { BrowserContextOptions } from 'playwright-core';

/** What pictures are taken on. */
export const DESKTOP: BrowserContextOptions = { viewport: { width: 1120, height: 760 } };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
