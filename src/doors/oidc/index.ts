import './runtime.ts';

// Not before that has run: static imports are all read first, oidc-provider's own among them.
const { oidc } = await import('./door.ts');
export default oidc;
