import type { AdapterPayload, Provider } from 'oidc-provider';
import type { Opened } from './session-sight.ts';
import type { SessionAdapter } from './sessions.ts';

/** oidc-provider's session, with how it was opened; the published types lack what follows. */
export type Session = InstanceType<Provider['Session']> & {
  opened?: Opened;
  touched?: boolean;
  getValueAndPayload(): Promise<{ payload: AdapterPayload }>;
};

/**
 * oidc-provider's session model knows ids alone, and writes by them. Here it carries the cookie value that it was
 * opened by, and is written from that; a session that is destroyed ends by its uid.
 */
export function governSessions(provider: Provider, sessions: SessionAdapter, now: () => number): void {
  const { Session } = provider as unknown as { Session: { prototype: object; IN_PAYLOAD: string[] } }; // as above
  const names = [...Session.IN_PAYLOAD, 'opened'];
  Object.defineProperty(Session, 'IN_PAYLOAD', { get: () => names });

  Object.assign(Session.prototype, {
    async save(this: Session, ttl: number): Promise<string> {
      this.exp = Math.floor(now() / 1000) + ttl;
      const { payload } = await this.getValueAndPayload();
      this.opened = await sessions.write(this.jti, payload, ttl);
      this.touched = false;
      return this.jti;
    },

    async destroy(this: Session): Promise<void> {
      await sessions.end(this.uid, this.accountId);
      Object.assign(this, { destroyed: true });
    },
  });
}
