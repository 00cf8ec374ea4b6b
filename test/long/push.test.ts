import { connect, createServer } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startPushService } from '../../src/factors/push/testing/push-service.ts';
import { Phone } from '../browser/phone.ts';
import { browserScene, closeBrowser, JOURNEY, USUAL_STORES } from '../browser/scene.ts';
import { Visitor } from '../browser/visitor.ts';
import { temporaryFolder } from '../support/folders.ts';
import { startGateway } from '../support/gateway.ts';
import { withPhones } from '../support/phones.ts';
import { freePort } from '../support/ports.ts';

const push = await startPushService();
afterAll(async () => {
  await closeBrowser();
  await push.close();
});

const MINUTES = 60_000;
/** Answers that the app is meant to make something of: its clock is off, a request is over, no network. */
const EXPECTED = /^(?:status: (?:404|410|400 .*\/pending$)|failed: .*net::ERR_INTERNET_DISCONNECTED)/;

/** One browser as the desktop and one as the phone, with the gateway and a push service between them. */
describe.each(USUAL_STORES)('the authenticator and the sign-in, on the %s store', JOURNEY, (_name, store) => {
  const scene = browserScene(() => ({ ...store(), config: withPhones(push) }));
  let phones: Phone[] = [];

  afterEach(async () => {
    const problems = phones.flatMap((phone) => phone.complaints()).filter((problem) => !EXPECTED.test(problem));
    for (const phone of phones) await phone.leave();
    phones = [];
    expect(problems).toEqual([]);
  });

  async function buy(): Promise<Phone> {
    const phone = await Phone.take({ app: `${scene.gateway.url}/authenticator/`, push });
    phones.push(phone);
    return phone;
  }

  type Person = Visitor & { username: string };

  /** Enrols a phone in a first sign-in, by the link that the picture holds. */
  async function enrol(me: Person, phone: Phone, stay = false): Promise<void> {
    await me.open('courses');
    await me.password(me.username);
    await me.press(/Phone approval/);
    await phone.add(await me.page.locator('#key').innerText(), 'My phone');
    await phone.heard();
    // The page has heard of it by itself.
    await me.page.getByRole('heading', { name: 'Is “My phone” your phone?' }).waitFor();
    expect(await me.faults()).toEqual([]);
    await me.press('Yes, this is my phone');
    await me.press('No, other people use it');
    await me.page.waitForURL(`${scene.gateway.relyingParty}/courses`);
    // The phone has gone on with the other screen.
    await phone.shows('Done. Try it');
    if (stay) return;
    await phone.follow('Done');
    await phone.shows('Your accounts');
  }

  async function owner(phone?: Phone): Promise<{ me: Person; phone: Phone }> {
    const me = await scene.visit();
    const held = phone ?? (await buy());
    await enrol(me, held);
    return { me, phone: held };
  }

  /** The number on the page of a new sign-in. */
  async function asked(me: Person, later = 5 * MINUTES): Promise<string> {
    scene.gateway.advance(later);
    await me.context.clearCookies();
    await me.open('payroll');
    await me.password(me.username);
    return (await me.page.locator('.number').innerText()).trim();
  }

  const another = (number: string) => String(((Number(number) - 9) % 90) + 10);
  const signedIn = (me: Person) => me.page.waitForURL(`${scene.gateway.relyingParty}/payroll`);

  it('sets a phone up, and signs in with it', async () => {
    const { me, phone } = await owner();
    const number = await asked(me);
    expect(number).toMatch(/^\d\d$/);
    expect(await me.faults()).toEqual([]);
    const message = JSON.parse(await phone.receive());
    expect(Object.keys(message)).toEqual(['v', 'issuer', 'device', 'request']);
    await phone.shows('Are you signing in to Payroll?');
    const [notification] = await phone.notifications();
    expect(notification).toMatchObject({ title: 'Sign-in request', tag: message.request });
    expect(JSON.stringify(notification)).not.toMatch(new RegExp(`${number}|${me.username}`));
    expect(await phone.page.locator('.facts').innerText()).toContain(me.username);
    expect(await phone.faults()).toEqual([]);
    await phone.approve(number);
    await phone.shows('You’re signing in');
    await signedIn(me);
    expect(await me.claims('payroll')).toMatchObject({ amr: ['mfa', 'pop', 'pwd', 'swk'] });
  });

  it('shows a request that comes while the phone is still where it was set up', async () => {
    const [me, phone] = [await scene.visit(), await buy()];
    await enrol(me, phone, true);
    await me.page.goto(`${scene.gateway.url}/account/try`);
    await me.password();
    const number = (await me.page.locator('.number').innerText()).trim();
    await phone.receive();
    await phone.shows(/^Are you signing in to /);
    await phone.approve(number);
    await phone.shows('You’re signing in');
    await me.page.getByText('It works:').waitFor();
    expect(await me.heading()).toBe('Your account');
  });

  it('ends a request at the wrong number, and lets one be sent again later', async () => {
    const { me, phone } = await owner();
    const number = await asked(me);
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve(another(number));
    await phone.shows('That wasn’t the number');
    await me.page.getByText('Another number was typed on the phone').waitFor();
    expect(await me.faults()).toEqual([]);
    scene.gateway.advance(MINUTES);
    await me.page.reload();
    // The page counts by the machine's clock, which isn't the one that was moved.
    await me.page.evaluate("Object.assign(document.querySelector('[name=resend]'), { disabled: false }).click()");
    await me.page.locator('.number').waitFor();
    await phone.follow('Done');
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve((await me.page.locator('.number').innerText()).trim());
    await signedIn(me);
  });

  it('cancels on the phone', async () => {
    const { me, phone } = await owner();
    await asked(me);
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.press('It’s me, but cancel');
    await phone.shows('Cancelled');
    await me.page.getByText('You cancelled this request on your phone.').waitFor();
    expect(await me.faults()).toEqual([]);
  });

  it('asks nothing more after “not me”, and signs nobody in', async () => {
    const { me, phone } = await owner();
    await asked(me);
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    await phone.press('No, it’s not me');
    await phone.press('Yes, it wasn’t me');
    await phone.shows('Thank you. It was stopped.');
    // What was proven counts no more.
    await me.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(await me.claims('payroll')).toBeUndefined();
    const before = phone.subscriber().posts;
    scene.gateway.advance(5 * MINUTES);
    await me.context.clearCookies();
    await me.open('payroll');
    await me.password(me.username);
    expect(await me.page.locator('.number').count()).toBe(0);
    expect(phone.subscriber().posts).toBe(before);
  });

  it('is over after a minute, for the phone and for the page', async () => {
    const { me, phone } = await owner();
    const number = await asked(me);
    await phone.receive();
    await phone.shows('Are you signing in to Payroll?');
    scene.gateway.advance(61_000);
    await phone.approve(number);
    await phone.shows('This request is over');
    await me.page.reload();
    await me.page.getByText('No answer came within a minute').waitFor();
    expect(await me.claims('payroll')).toBeUndefined();
  });

  it('waits for a phone that had no network, until the app is opened', async () => {
    const { me, phone } = await owner();
    await phone.context.setOffline(true);
    const number = await asked(me);
    await phone.page.reload();
    await phone.page.getByText('No connection. Codes still work.').waitFor();
    await phone.context.setOffline(false);
    await phone.open();
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve(number);
    await signedIn(me);
  });

  it('takes a code of the app in the place of the number, once', async () => {
    const { me, phone } = await owner();
    await asked(me);
    await phone.open();
    await phone.shows('Are you signing in to Payroll?');
    // The app goes by the gateway's clock, which it has just been told.
    await phone.follow('Accounts');
    const code = (await phone.page.locator('.code').innerText()).replaceAll(/\s/g, '');
    await me.page.getByText('My phone has no network: type a code').click();
    await me.page.getByLabel('Code from the authenticator').fill(code);
    await me.page.getByLabel('Code from the authenticator').press('Enter');
    await signedIn(me);
    expect(await me.claims('payroll')).toMatchObject({ amr: expect.arrayContaining(['otp', 'pwd']) });
  });

  it('holds two accounts on one phone, and answers for the one that is asked', async () => {
    const { me, phone } = await owner();
    const { me: other } = await owner(phone);
    expect(await phone.page.locator('.card').count()).toBe(2);
    const numbers = new Map([[me.username, await asked(me)]]);
    numbers.set(other.username, await asked(other, 0));
    await phone.receive();
    for (let left = 2; left > 0; left -= 1) {
      await phone.shows('Are you signing in to Payroll?');
      const whose = (await phone.page.locator('.facts dd').first().innerText()).trim();
      await phone.approve(numbers.get(whose) ?? '');
      await phone.shows('You’re signing in');
      await phone.follow('Done');
    }
    await Promise.all([signedIn(me), signedIn(other)]);
  });
});

describe('the authenticator at an origin of its own', JOURNEY, () => {
  let target = 0;
  // Another name for the gateway: what comes here goes there.
  const door = createServer((socket) => {
    const through = connect(target, 'localhost');
    for (const end of [socket, through]) end.on('error', () => end.destroy());
    socket.pipe(through).pipe(socket);
  });
  afterAll(() => void door.close());

  it('adds an account and approves with it, across origins', async () => {
    const port = await freePort();
    const app = `http://127.0.0.1:${port}`;
    const folder = temporaryFolder();
    const gateway = await startGateway({ folder, config: withPhones(push, { app }) });
    target = gateway.ports.gateway;
    await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
    await gateway.addUser('ada');
    const me = await Visitor.arrive(gateway);
    const phone = await Phone.take({ app: `${app}/`, push });

    await me.open('courses');
    await me.password('ada');
    await me.press(/Phone approval/);
    const invitation = await me.page.locator('#key').innerText();
    expect(invitation).toMatch(new RegExp(`^${app}/#enrol=`));
    await phone.add(invitation, 'My phone');
    await phone.heard();
    await me.press('Yes, this is my phone');
    await me.press('No, other people use it');
    await me.page.waitForURL(`${gateway.relyingParty}/courses`);
    await me.context.clearCookies();
    await me.open('payroll');
    await me.password('ada');
    const number = (await me.page.locator('.number').innerText()).trim();
    await phone.follow('Done');
    await phone.shows('Are you signing in to Payroll?');
    await phone.approve(number);
    await me.page.waitForURL(`${gateway.relyingParty}/payroll`);
    // Nothing else of the gateway is there.
    expect((await fetch(`${app}/account`)).status).toBe(404);

    expect([...me.complaints(), ...phone.complaints()]).toEqual([]);
    await me.leave();
    await phone.leave();
    await gateway.close();
  });
});
