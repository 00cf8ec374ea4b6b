import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Door, DoorModule, DoorPorts } from '../../core/door.ts';
import { hasCode } from '../../core/errors.ts';
import { classOf, createAnswers } from './answers.ts';
import { commands } from './commands.ts';
import { discoveryOf, keySetOf } from './discovery.ts';
import { createHints } from './hint.ts';
import { createIntroducing } from './introducing.ts';
import type { EntraDoor } from './operate.ts';
import { createPins, type Pins } from './pins.ts';
import { readRequest } from './request.ts';
import {
  checkTenants,
  type EntraApplication,
  type EntraSettings,
  entraApplication,
  entraSettings,
  type Tenant,
} from './settings.ts';
import { type Asked, createShowing } from './showing.ts';
import { createWalk, PRESENTS } from './walk.ts';

const DAY = 86_400_000;
/** Entra keeps discovery and keys for a day: a new key is there for two before it signs. */
const KEYS = { algorithms: ['RS256'] as const, ahead: 2 * DAY, keeps: DAY };
/** Bytes of a request: the hint alone has some 2 KiB. */
const LONGEST = 32_768;

const isOurs = (it: { door: string; internal: boolean }): it is Tenant => it.door === 'entra';

/** Whose account a hinted person has: pinned once it was found. */
async function accountOf(ports: DoorPorts, pins: Pins, { settings }: Tenant, oid: string): Promise<string | undefined> {
  const pinned = await pins.accountOf(settings.tenant, oid);
  if (pinned !== undefined || settings.account !== 'login') return pinned;
  const found = await ports.find(oid);
  return found && pins.pin(settings.tenant, oid, found.id);
}

/**
 * Entra External MFA: a tenant of Entra's asks us for the second step of its own sign-ins. No session is looked at or
 * made: whoever Entra says has given their password is asked for something of theirs here, and Entra is told that.
 */
const entra: DoorModule<EntraSettings, EntraApplication> = {
  id: 'entra',
  prompts: PRESENTS,
  settings: entraSettings,
  application: entraApplication,
  check: checkTenants,
  // It passes on `amr` as an external method gave it.
  tells: (applications) => applications.map(({ settings }) => settings.tenant),
  commands,

  async create(_settings, ports) {
    const tenants = new Map([...ports.applications.values()].filter(isOurs).map((it) => [it.id, it] as const));
    const { hostname } = new URL(ports.issuer);
    const keys = await ports.keyring('entra', { ...KEYS, certificate: { commonName: hostname } });
    const issuerOf = ({ id }: Pick<Tenant, 'id'>): string => `${ports.issuer}/entra/${id}`;
    const readHint = createHints(ports);
    const pins = createPins(ports);
    const answers = createAnswers(ports, keys, issuerOf);
    const showing = createShowing(ports, answers, tenants);
    const walk = createWalk(ports, showing);

    function note(res: Response, tenant: Tenant, reason: string): void {
      const { ip, userAgent, reference } = ports.browser(res);
      ports.audit.note({ event: 'external-method.refused', application: tenant.id, reason, ip, userAgent, reference });
    }

    function reject(res: Response, tenant: Tenant, reason: string, status = 400): void {
      note(res, tenant, reason);
      const model = { status, key: 'request', application: tenant.name, code: reason };
      res
        .status(status)
        .type('html')
        .send(ports.render.page(res, 'error', model, status));
    }

    async function authorize(req: Request, res: Response, tenant: Tenant): Promise<void> {
      const read = readRequest(typeof req.body === 'string' ? req.body : '', tenant);
      if ('fault' in read) return reject(res, tenant, read.fault);
      const hint = await readHint(read.hint, tenant);
      if ('fault' in hint) return reject(res, tenant, hint.fault, hint.unavailable ? 503 : 400);
      const { oid, sub, shown } = hint.hinted;
      const account = await accountOf(ports, pins, tenant, oid);
      if (account === undefined) return reject(res, tenant, 'no account', 403);
      const asked: Asked = { application: tenant.id, request: read.request, sub, account, ...(shown ? { shown } : {}) };
      // Nothing that we ask for would be an answer.
      if (classOf(read.request) === undefined) return showing.refuse(res, asked, 'only knowledge was asked for');
      return walk.arrive(req, res, asked);
    }

    const of =
      (handle: (req: Request, res: Response, tenant: Tenant) => unknown): RequestHandler =>
      async (req, res, next) => {
        const tenant = tenants.get(String(req.params.application));
        if (tenant === undefined) return next();
        try {
          await handle(req, res, tenant);
        } catch (error) {
          // A form that no page of this browser's sent: another site's, another browser's, or one that is over.
          if (req.method === 'POST' && hasCode(error, 'ERR_SIGN_IN_EXPIRED'))
            note(res, tenant, 'no page of this browser');
          throw error;
        }
      };

    const router = express.Router();
    const base = '/entra/:application';
    router.get(
      `${base}/.well-known/openid-configuration`,
      of((_req, res, tenant) => res.json(discoveryOf(issuerOf(tenant)))),
    );
    router.get(
      `${base}/jwks`,
      of((_req, res) => res.json(keySetOf(keys))),
    );
    router.post(`${base}/authorize`, ...ports.form(LONGEST), of(authorize));
    router.get(`${base}/continue`, of(walk.question));
    router.post(`${base}/begin`, ...ports.form(LONGEST), of(walk.begin));
    router.get(`${base}/step`, of(walk.look));
    router.post(`${base}/step`, ...ports.form(LONGEST), of(walk.answer));
    router.get(`${base}/methods`, of(walk.methods));
    router.get(`${base}/events`, of(walk.events));
    router.get(`${base}/state`, of(walk.state));
    router.post(`${base}/cancel`, ...ports.form(LONGEST), of(walk.cancel));

    const door: EntraDoor & Door = { handler: router, pins, tenants, introduce: createIntroducing(pins, tenants) };
    return door;
  },
};

export default entra;
