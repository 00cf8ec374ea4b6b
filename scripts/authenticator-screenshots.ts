import { startPushService } from '../src/factors/push/testing/push-service.ts';
import { type StagedRequest, startStage } from '../src/factors/push/testing/stage.ts';
import { Phone, type PhoneOptions } from '../test/browser/phone.ts';

/** Takes a picture of the phone's screen as it stands. */
export type Take = (phone: Phone, name: string) => Promise<void>;

const REQUEST: StagedRequest = {
  id: 'request',
  application: { en: 'Course registration', 'zh-Hant': '選課系統' },
  username: 'ada',
  browser: 'Firefox',
  system: 'Windows',
  address: '192.0.2.17',
  left: 58_000,
};
const SHARP = { deviceScaleFactor: 2 };

/** The authenticator's screens, before two institutions that answer as they are told. */
export async function authenticatorScreens(take: Take): Promise<void> {
  const push = await startPushService();
  const university = await startStage(
    { en: 'Northbridge University', 'zh-Hant': '北橋大學' },
    { username: 'ada', name: 'Ada Lovelace' },
  );
  const hospital = await startStage(
    { en: 'Southbridge Hospital', 'zh-Hant': '南橋醫院' },
    { username: 'lovelace', name: 'Ada Lovelace' },
    'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  );

  async function phone(options: Partial<PhoneOptions> = {}): Promise<Phone> {
    return Phone.take({ app: `${university.origin}/authenticator/`, push, ...SHARP, ...options });
  }

  async function ask(it: Phone): Promise<void> {
    university.behaviour.requests = [REQUEST];
    await it.open(`${it.app}#request=${encodeURIComponent(university.origin)}|${REQUEST.id}`);
    await it.page.locator('#number').waitFor();
  }

  try {
    const english = await phone();
    await english.open();
    await take(english, 'authenticator-welcome');
    await english.add(university.invitation(), 'Pixel 9');
    await english.add(hospital.invitation(university.origin), 'Pixel 9');
    await english.follow('Done');
    await english.page.locator('.code').nth(1).waitFor();
    await take(english, 'authenticator-accounts');
    await ask(english);
    await english.page.locator('#number').fill('42');
    await take(english, 'authenticator-request');
    university.behaviour.outcome = 'reported';
    await english.press('No, it’s not me');
    await english.press('Yes, it wasn’t me');
    await english.shows(/^Thank you/);
    await take(english, 'authenticator-reported');
    await english.leave();

    university.behaviour.outcome = 'approved';
    university.behaviour.requests = [];
    const chinese = await phone({ locale: 'zh-TW', colorScheme: 'dark' });
    await chinese.open(university.invitation());
    await chinese.page.locator('form button.button').click();
    await chinese.page.locator('.picture').waitFor();
    await ask(chinese);
    await take(chinese, 'authenticator-request-dark');
    await chinese.leave();
  } finally {
    await university.close();
    await hospital.close();
    await push.close();
  }
}
