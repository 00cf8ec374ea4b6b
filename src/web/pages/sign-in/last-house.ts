import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { HouseAt } from '../../../sign-in/index.ts';
import { cookieRules, cookiesOf } from '../../browser.ts';
import { localsOf, type WebDeps } from '../../context.ts';

/** How long a browser knows where its last sign-in came from, milliseconds. */
const KEPT = 180 * 86_400_000;
const LONGEST = 2_048;

export type LastHouseNeeds = Pick<WebDeps, 'csrfKeys' | 'issuer' | 'networksOf' | 'sharedNetworks'>;

/**
 * Which house a browser's last sign-in came from. It is a value, and no key to one: signed, so that nobody but us says
 * where this browser is led. Kept once somebody has come back from there as themselves, never before, and nowhere that
 * machines are shared.
 */
export function createLastHouse({ csrfKeys, issuer, networksOf, sharedNetworks }: LastHouseNeeds) {
  const { lastHouse: name, options } = cookieRules(issuer);
  const macOf = (value: string, key: Uint8Array) => createHmac('sha256', key).update(`house\0${value}`).digest();
  const isShared = (res: Response): boolean =>
    networksOf(localsOf(res).browser.ip).some((network) => sharedNetworks.has(network));

  return {
    read(req: Request): HouseAt | undefined {
      const cookie = cookiesOf(req.headers.cookie).get(name) ?? '';
      const [value = '', mac = ''] = cookie.length > LONGEST ? [] : cookie.split('.', 2);
      const given = Buffer.from(mac, 'base64url');
      const ours = csrfKeys.some((key) => {
        const expected = macOf(value, key);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
      if (!ours) return undefined;
      const [directory = '', house] = Buffer.from(value, 'base64url').toString().split('\n');
      return { directory, ...(house === undefined ? {} : { house }) };
    },

    keep(res: Response, { directory, house }: HouseAt): void {
      const [key] = csrfKeys;
      if (key === undefined || isShared(res)) return;
      const value = Buffer.from(house === undefined ? directory : `${directory}\n${house}`).toString('base64url');
      res.cookie(name, `${value}.${macOf(value, key).toString('base64url')}`, { ...options, maxAge: KEPT });
    },
  };
}

export type LastHouse = ReturnType<typeof createLastHouse>;
