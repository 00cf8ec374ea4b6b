import type { BrowserScene, Store, Visit } from './scene.ts';
import { type Kind, SecurityKey } from './security-key.ts';
import type { Visitor } from './visitor.ts';

/** Passkeys beside the app; payroll wants a phishing-resistant method of `admins`, attested hardware of `root`. */
export const PASSKEYS: Store = () => ({
  config: {
    factors: { fido2: {} },
    policy: {
      rules: [
        { name: 'library', applications: ['library'], level: 'sfa' },
        { name: 'courses', applications: ['courses'], level: 'mfa', remember: '30d' },
        { name: 'payroll', applications: ['payroll'], level: 'mfa', remember: 'never' },
        { name: 'administrators', applications: ['payroll'], groups: ['admins'], level: 'phr', remember: 'never' },
        { name: 'keys alone', applications: ['payroll'], groups: ['root'], level: 'phrh', remember: 'never' },
        { name: 'account', applications: ['sallyport-account'], level: 'mfa', remember: '30d' },
      ],
      suggestions: [{ factor: 'fido2', groups: ['staff'] }],
    },
  },
});

/** The button that opens a sign-in with one. */
export const OPEN = 'Sign in with a passkey';

export type Me = Visitor & { username: string };

/** Back at the application, signed in. */
export async function arrived(me: Visitor, application: string): Promise<void> {
  await me.page.waitForURL(`${me.gateway.relyingParty}/${application}`);
}

/** Password, and an app as the first method. */
export async function settleWithApp(me: Me): Promise<void> {
  await me.open('courses');
  await me.password(me.username);
  await me.press(/Code app/);
  await me.enrol();
  await me.press('No, other people use it');
  await arrived(me, 'courses');
}

/** Goes to set up a passkey, up to the button that starts the browser's dialogue. */
export async function goToAdd(me: Visitor): Promise<void> {
  await me.page.goto(`${me.gateway.url}/account`);
  await chooseToAdd(me);
}

/** On the account's page: a button, or one of several things in a list. */
export async function chooseToAdd({ page }: Pick<Visitor, 'page'>): Promise<void> {
  const closed = page.locator('details.adding:not([open]) > summary');
  if ((await closed.count()) > 0) await closed.click();
  await page.locator('a[href="/account/methods/add/fido2"]').click();
}

export async function add(me: Visitor): Promise<void> {
  await goToAdd(me);
  await me.press('Continue');
  await me.page.getByText('It was added.').waitFor();
}

/** As if the browser had been closed, with everything that it kept. */
export const startAnew = (me: Visitor): Promise<void> => me.context.clearCookies();

/** Somebody new with an app and a passkey, and a browser that knows nothing of them. */
export async function withPasskey(
  scene: BrowserScene,
  wish: { visit?: Visit; key?: Kind } = {},
): Promise<{ me: Me; key: SecurityKey }> {
  const me = await scene.visit(wish.visit);
  await settleWithApp(me);
  const key = await SecurityKey.plugIn(me.page, wish.key);
  await add(me);
  await startAnew(me);
  return { me, key };
}
