import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { parse } from 'yaml';

/**
 * Makes all that a run of the OpenID conformance suite needs: secrets and keys of its clients, the gateway's
 * configuration, and the settings of the suite's plans with their browser automation.
 */
const ALIAS = 'sallyport';
const { values } = parseArgs({
  options: {
    issuer: { type: 'string', default: 'https://sallyport.example' },
    suite: { type: 'string', default: 'https://localhost.emobix.co.uk:8443' },
    folder: { type: 'string', default: 'data/conformance' },
    username: { type: 'string', default: 'alice' },
    password: { type: 'string', default: 'correct horse battery staple' },
  },
});
const { issuer, suite, folder, username, password } = values;

interface Tree {
  [key: string]: unknown;
}

const secrets = join(folder, 'secrets');
mkdirSync(secrets, { recursive: true, mode: 0o700 });
for (const id of ['suite-basic', 'suite-basic-2', 'suite-post', 'suite-front', 'suite-program', 'suite-device']) {
  const file = join(secrets, id);
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
}
const secretOf = (id: string): string => readFileSync(join(secrets, id), 'utf8');

async function keyOf(id: string): Promise<{ own: JWK; shown: JWK }> {
  const file = join(secrets, `${id}.json`);
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair('PS256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: id, alg: 'PS256', use: 'sig' };
    writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  }
  const own = JSON.parse(readFileSync(file, 'utf8')) as JWK;
  const { kty, n, e, kid, alg, use } = own;
  return { own, shown: { kty, n, e, kid, alg, use } as JWK };
}

/** Clicks and keys, by the ids that our pages keep (docs/how-to/run-the-conformance-suite.md). */
const signIn = {
  task: 'Sign in',
  match: `${issuer}/sign-in/*`,
  optional: true,
  commands: [
    ['text', 'id', 'username', username, 'optional'],
    ['text', 'id', 'password', password],
    ['click', 'id', 'continue'],
  ],
};
const back = {
  task: 'Back',
  match: `${suite}/test/*/callback*`,
  commands: [['wait', 'id', 'submission_complete', 10]],
};
const browser = [
  { match: `${issuer}/authorize*`, tasks: [signIn, back] },
  {
    match: `${issuer}/logout*`,
    tasks: [
      {
        task: 'Sign out',
        match: `${issuer}/logout*`,
        optional: true,
        commands: [['click', 'id', 'sign-out', 'optional']],
      },
      {
        task: 'Back',
        match: `${suite}/test/*/post_logout_redirect*`,
        optional: true,
        commands: [['wait', 'id', 'submission_complete', 10]],
      },
    ],
  },
];

const config = parse(
  readFileSync('config/conformance.yaml', 'utf8').replaceAll('https://localhost.emobix.co.uk:8443', suite),
) as Tree & { applications: Tree; policy: { rules: { applications: string[] }[] } };
config.issuer = issuer;
config.data = '.';
const common = { alias: ALIAS, server: { discoveryUrl: `${issuer}/.well-known/openid-configuration` }, browser };
const callback = `${suite}/test/a/${ALIAS}/callback`;

async function fapi(name: string, more: Tree): Promise<void> {
  const clients: Tree = {};
  for (const [at, id] of [`suite-${name}`, `suite-${name}-2`].entries()) {
    const { own, shown } = await keyOf(id);
    // The suite's second client is called back with a query of its own.
    const redirectUris = at === 0 ? [callback] : [callback, `${callback}?dummy1=lorem&dummy2=ipsum`];
    config.applications[id] = {
      name: `Conformance suite, ${id}`,
      oidc: { profile: 'fapi2', jwks: { keys: [shown] }, redirectUris, reauthenticate: '1d', ...more },
    };
    config.policy.rules[0]?.applications.push(id);
    clients[at === 0 ? 'client' : 'client2'] = { client_id: id, scope: 'openid profile', jwks: { keys: [own] } };
  }
  const plan = { ...common, ...clients, resource: { resourceUrl: `${issuer}/userinfo` } };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(plan, undefined, 2));
}

const client = (id: string) => ({ client_id: id, client_secret: secretOf(id) });
const basic = {
  client: client('suite-basic'),
  client2: client('suite-basic-2'),
  client_secret_post: client('suite-post'),
};
writeFileSync(join(folder, 'basic.json'), JSON.stringify({ ...common, ...basic }, undefined, 2));
const front = { client: client('suite-front'), client2: client('suite-basic-2') };
writeFileSync(join(folder, 'front.json'), JSON.stringify({ ...common, ...front }, undefined, 2));
await fapi('fapi', {});
await fapi('signing', { requireSignedRequestObject: true, signedResponses: true });
const text = JSON.stringify(config, undefined, 2).replaceAll('${file:../data/conformance/', '${file:');
writeFileSync(join(folder, 'config.yaml'), text, { mode: 0o600 });
process.stdout.write(`written to ${folder}: config.yaml, basic.json, front.json, fapi.json, signing.json\n`);
