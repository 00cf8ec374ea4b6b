import { invitationOn, Phone, type PhoneOptions } from '../../src/factors/push/testing/phone.ts';
import { type PushService, type Subscriber, startPushService } from '../../src/factors/push/testing/push-service.ts';
import type { Reply } from './client.ts';
import type { Scene, Someone } from './scene.ts';

/** Configuration in which messages to phones go to this push service alone. */
export const withPhones = ({ origin }: PushService, more: object = {}) => ({
  factors: { password: {}, totp: {}, push: { services: [origin], ...more } },
});

export interface Owner {
  someone: Someone;
  phone: Phone;
  /** The phone's browser, and what came to it. */
  subscriber: Subscriber;
}

/** People whose second factor is a phone. */
export function phones(scene: Pick<Scene, 'newcomer'>, service: () => PushService) {
  /** Answers the page of an enrolment with a phone, and says that it is one's own; the page after it. */
  async function enrol(someone: Someone, page: Reply, phone: Phone): Promise<Reply> {
    const { status, json } = await phone.register(invitationOn(page));
    if (status !== 201) throw new Error(`not registered: ${status} ${JSON.stringify(json)}`);
    return someone.answer(await someone.answer(page, {}), { choice: 'yes' });
  }

  /** Somebody new with a phone, signed in to Courses. */
  async function owner(options: PhoneOptions = {}): Promise<Owner> {
    const someone = await scene.newcomer();
    const subscriber = service().subscribe();
    const phone = new Phone({ subscription: subscriber.subscription, ...options });
    const page = await someone.answer(await someone.enter('courses'), { factor: 'push' });
    await someone.remember(await enrol(someone, page, phone), 'no');
    return { someone, phone, subscriber };
  }

  return { enrol, owner };
}

export { startPushService };
