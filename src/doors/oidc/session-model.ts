import type { AdapterPayload, Provider } from 'oidc-provider';
import { withLeft } from './in-hand.ts';
import type { Bounds } from './session-record.ts';
import type { Opened } from './session-sight.ts';
import { cookieValue, type SessionAdapter } from './sessions.ts';

/** oidc-provider's session, with how it was opened; the published types lack what follows. */
export type Session = InstanceType<Provider['Session']> & {
  opened?: Opened;
  touched?: boolean;
  bounds?: Bounds;
  getValueAndPayload(): Promise<{ payload: AdapterPayload }>;
};

interface SessionModel {
  prototype: object;
  IN_PAYLOAD: string[];
  get(ctx: unknown): Promise<Session>;
}

/**
 * oidc-provider's session model knows ids alone, and writes by them. Here it carries the cookie value that it was
 * opened by, and is written from that; a session that is destroyed ends by its uid.
 */
export function governSessions(provider: Provider, sessions: SessionAdapter, now: () => number): void {
  const { Session } = provider as unknown as { Session: SessionModel }; // as above
  const names = [...Session.IN_PAYLOAD, 'opened', 'bounds'];
  Object.defineProperty(Session, 'IN_PAYLOAD', { get: () => names });

  const { get } = Session;
  Object.assign(Session, {
    async get(this: SessionModel, ctx: unknown): Promise<Session> {
      const session = await get.call(this, ctx);
      if (session.opened === undefined) session.jti = cookieValue(session.uid);
      return session;
    },
  });

  Object.assign(Session.prototype, {
    resetIdentifier(this: Session): void {
      Object.assign(this, { oldId: this.jti, jti: cookieValue(this.uid), touched: true });
    },

    async save(this: Session, ttl: number): Promise<string> {
      this.exp = Math.floor(now() / 1000) + ttl;
      const { payload } = await this.getValueAndPayload();
      this.opened = await withLeft(() => sessions.write(this.jti, payload, ttl));
      this.touched = false;
      return this.jti;
    },

    async destroy(this: Session): Promise<void> {
      await sessions.end(this.uid, this.accountId);
      Object.assign(this, { destroyed: true });
    },
  });
}
