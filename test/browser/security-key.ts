import type { CDPSession, Page } from 'playwright-core';

/** What kind of authenticator is plugged in. */
export interface Kind {
  /** Has room for passkeys, and keeps them. */
  residentKeys?: boolean;
  /** Can verify its user by PIN or finger. */
  verifies?: boolean;
  /** Part of this machine: Chromium offers its passkeys from the user name field, and here takes them at once. */
  builtIn?: boolean;
}

/** Chromium's virtual authenticator, plugged into one page (Chrome DevTools Protocol, domain WebAuthn). */
export class SecurityKey {
  readonly #session: CDPSession;
  readonly #id: string;

  private constructor(session: CDPSession, id: string) {
    this.#session = session;
    this.#id = id;
  }

  static async plugIn(
    page: Page,
    { residentKeys = true, verifies = true, builtIn = false }: Kind = {},
  ): Promise<SecurityKey> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable', {});
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: builtIn ? 'internal' : 'usb',
        hasResidentKey: residentKeys,
        hasUserVerification: verifies,
        isUserVerified: verifies,
        automaticPresenceSimulation: true,
      },
    });
    return new SecurityKey(session, authenticatorId);
  }

  /** Whether somebody touches it when it blinks. */
  async touch(automatic: boolean): Promise<void> {
    await this.#session.send('WebAuthn.setAutomaticPresenceSimulation', {
      authenticatorId: this.#id,
      enabled: automatic,
    });
  }

  /** Whether PIN or finger are right. */
  async verify(isUserVerified: boolean): Promise<void> {
    await this.#session.send('WebAuthn.setUserVerified', { authenticatorId: this.#id, isUserVerified });
  }

  async credentials() {
    return (await this.#session.send('WebAuthn.getCredentials', { authenticatorId: this.#id })).credentials;
  }

  /** Forgets everything. */
  async reset(): Promise<void> {
    await this.#session.send('WebAuthn.clearCredentials', { authenticatorId: this.#id });
  }
}
