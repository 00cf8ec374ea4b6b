import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { cookieOf } from './cookie.ts';
import { dropOldest } from './oldest.ts';

const LIFETIME = 30 * 60 * 1000;
const MOST = 10_000;

const nameOf = (name: string): string => `begun_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/**
 * What an application has asked for and has no answer to, in memory, by the name under which the answer comes. Each
 * has a cookie of its own, so that tabs which are opened together in a new browser don't take it from each other.
 */
export class Begun<T> {
  readonly #kept = new Map<string, { value: T; secret: string; until: number }>();

  /** `path`: of the application, where the answer comes to. */
  put(res: Response, path: string, name: string, value: T): void {
    const secret = randomBytes(32).toString('base64url');
    this.#kept.set(name, { value, secret, until: Date.now() + LIFETIME });
    dropOldest(this.#kept, MOST);
    res.cookie(nameOf(name), secret, { httpOnly: true, sameSite: 'lax', path, maxAge: LIFETIME });
  }

  /** Once, and in the browser that asked: another may bring an answer that isn't its own (login CSRF). */
  take(req: Request, res: Response, path: string, name: string): T | undefined {
    const found = this.#kept.get(name);
    if (!found || found.until < Date.now() || cookieOf(req, nameOf(name)) !== found.secret) return undefined;
    this.#kept.delete(name);
    res.clearCookie(nameOf(name), { path });
    return found.value;
  }
}
