/** Pictures that others serve, served here: no browser of ours asks them, and they learn of nobody. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Router } from 'express';
import { nameRoute } from '../../core/route-name.ts';
import { createFetcher, type FetcherNeeds } from './fetcher.ts';

/** Octets of a MAC: an address must not become as long as two. */
const MAC = 16;
const LONGEST = 1_000;

/** Where the gateway serves a picture; undefined where it wouldn't. */
export type PictureAddress = (url: string) => string | undefined;

function macOf(key: Uint8Array, url: string): Buffer {
  return createHmac('sha256', key).update(`picture\0${url}`).digest().subarray(0, MAC);
}

/**
 * Addresses that hold what they stand for, and a MAC: any node serves them, and nobody has the gateway fetch what it
 * didn't name itself.
 */
export function pictureAddresses([key = new Uint8Array()]: readonly Uint8Array[]): PictureAddress {
  return (url) => {
    if (url.length > LONGEST || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined;
    return `/pictures/${Buffer.from(url).toString('base64url')}.${macOf(key, url).toString('base64url')}`;
  };
}

export function pictureRoutes(keys: readonly Uint8Array[], needs: FetcherNeeds): Router {
  const { get } = createFetcher(needs);
  const router = Router();
  router.get('/pictures/:name', async (req, res, next) => {
    nameRoute(res, '/pictures/*');
    const [encoded = '', mac = ''] = req.params.name.split('.', 2);
    const url = Buffer.from(encoded, 'base64url').toString();
    const given = Buffer.from(mac, 'base64url');
    const ours = keys.some((key) => given.length === MAC && timingSafeEqual(given, macOf(key, url)));
    const picture = ours ? await get(url) : undefined;
    if (picture === undefined) return next();
    // Were it ever taken for a document: nothing in it runs, and it belongs to no origin.
    res.setHeader('content-security-policy', "default-src 'none'; sandbox");
    res.setHeader('cache-control', 'public, max-age=86400');
    res.type(picture.type).send(picture.body);
  });
  return router;
}
