import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type PushService, startPushService } from '../../src/factors/push/testing/push-service.ts';
import { type Stage, type StagedRequest, startStage } from '../../src/factors/push/testing/stage.ts';
import { Phone, type PhoneOptions } from './phone.ts';

export const REQUEST: StagedRequest = {
  id: 'request-1',
  application: { en: 'Library', 'zh-Hant': '圖書館' },
  username: 'ada',
  browser: 'Firefox',
  system: 'Windows',
  place: 'Cambridge, United Kingdom',
  address: '192.0.2.7',
  left: 60_000,
};
/** A phone that is told 404, 410 or 503, or has no network, is meant to show it: the browser's own line says no more. */
const EXPECTED = /^(?:status: (?:400|404|410|503)|failed: .*net::ERR_INTERNET_DISCONNECTED)/;

export interface StagedApp {
  readonly push: PushService;
  /** Of the running test's own. */
  readonly stage: Stage;
  phone(options?: Partial<PhoneOptions>): Promise<Phone>;
  /** A phone with the account of the stage. */
  enrolled(options?: Partial<PhoneOptions>): Promise<Phone>;
  /** What a push message of a request says. */
  message(request?: string): string;
  /** Bodies of the answers that came. */
  answers(): Record<string, unknown>[];
  /** A request comes, and is shown. */
  asked(mine: Phone, more?: Partial<StagedRequest>): Promise<void>;
}

/** The app before a service on a stage, whose every answer the test chooses: registers the hooks of its `describe`. */
export function stagedApp(): StagedApp {
  let push: PushService;
  let stage: Stage;
  let phones: Phone[] = [];

  beforeAll(async () => {
    push = await startPushService();
  });
  afterAll(() => push.close());
  beforeEach(async () => {
    stage = await startStage(
      { en: 'Northbridge University', 'zh-Hant': '北橋大學' },
      { username: 'ada', name: 'Ada Lovelace' },
    );
  });
  afterEach(async () => {
    const problems = phones.flatMap((phone) => phone.complaints()).filter((problem) => !EXPECTED.test(problem));
    for (const phone of phones) await phone.leave();
    phones = [];
    await stage.close();
    expect(problems).toEqual([]);
  });

  async function phone(options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const taken = await Phone.take({ app: `${stage.origin}/authenticator/`, push, ...options });
    phones.push(taken);
    return taken;
  }

  async function enrolled(options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const mine = await phone(options);
    await mine.add(stage.invitation(), 'My phone');
    await mine.follow('Done');
    // Confirmed, as the app has heard.
    await mine.page.locator('.code').waitFor();
    if (options.notifications !== false && !options.unanswered) await mine.heard();
    return mine;
  }

  const message = (request = REQUEST.id) => JSON.stringify({ v: 1, issuer: stage.origin, device: 'device-1', request });

  const answers = () => stage.received.filter(({ path }) => path === 'answer').map(({ body }) => body);

  async function asked(mine: Phone, more: Partial<StagedRequest> = {}): Promise<void> {
    stage.behaviour.requests = [{ ...REQUEST, ...more }];
    await mine.deliver(message(more.id));
    await mine.shows('Are you signing in to Library?');
  }

  return {
    get push() {
      return push;
    },
    get stage() {
      return stage;
    },
    ...{ phone, enrolled, message, answers, asked },
  };
}
