import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type PushService, startPushService } from '../../src/factors/push/testing/push-service.ts';
import { type Cluster, stageCluster } from '../support/cluster.ts';
import { Phone } from './phone.ts';
import { Visitor } from './visitor.ts';

type Person = Visitor & { username: string };

/**
 * Two nodes behind a proxy: every page, form, asset and event stream goes to the other one than the request before it.
 * After each test no page may have complained, nor a node, and both must have worked.
 */
export function nodesScene() {
  let push: PushService;
  beforeAll(async () => {
    push = await startPushService();
  });
  const stage = stageCluster(() => ({
    config: { factors: { password: {}, totp: {}, fido2: {}, push: { services: [push.origin] } } },
  }));
  afterAll(() => push.close());
  let present: (Visitor | Phone)[] = [];
  let people = 0;

  afterEach(async ({ task }) => {
    const problems = present.flatMap((one) => one.complaints());
    for (const one of present.splice(0)) await one.leave();
    const { nodes, proxy } = stage.cluster;
    const logged = nodes.flatMap(({ logs }) => logs.splice(0)).filter(({ level }) => level !== 'info');
    const [a = 0, b = 0] = ['a', 'b'].map((name) => proxy.served.get(name));
    if (task.result?.state === 'fail') return;
    expect(problems).toEqual([]);
    // The scene moves the machines' clocks, and not the database's.
    expect(logged.filter(({ message }) => !message.startsWith("this machine's clock is"))).toEqual([]);
    expect(a).toBeGreaterThan(10);
    expect(Math.abs(a - b)).toBeLessThan(2);
  });

  return {
    get cluster(): Cluster {
      return stage.cluster;
    },
    async visit(options: BrowserContextOptions = {}): Promise<Person> {
      people += 1;
      const username = `person${people}`;
      await stage.cluster.addUser(username, { name: `Person ${people}`, groups: 'students' });
      const visitor = await Visitor.arrive(stage.cluster, options);
      present.push(visitor);
      return Object.assign(visitor, { username });
    },
    /** The same person after closing the browser and opening it again. */
    async reopen(visitor: Visitor): Promise<Visitor> {
      present = present.filter((one) => one !== visitor);
      expect(visitor.complaints()).toEqual([]);
      const next = await visitor.reopen();
      present.push(next);
      return next;
    },
    async phone(): Promise<Phone> {
      const phone = await Phone.take({ app: `${stage.cluster.url}/authenticator/`, push });
      present.push(phone);
      return phone;
    },
    arrived: (me: Visitor, application: string) => me.page.waitForURL(`${stage.cluster.relyingParty}/${application}`),
    account: (me: Visitor) => me.page.goto(`${stage.cluster.url}/account`),
  };
}
