import {
  type Assets,
  assets,
  createFormPost,
  createRenderer,
  iconsOf,
  pictureAddresses,
  type Rendering,
} from '../../web/index.ts';
import type { Config } from '../config.ts';
import type { Ground } from './ground.ts';
import type { Outside } from './outside.ts';

/** All that a page is made of, and what it loads. */
export interface PageRendering extends Rendering {
  assets: Assets;
}

export function renderingOf(config: Config, { world, log, keys }: Ground, { i18n, branding }: Outside): PageRendering {
  const icons = iconsOf([...config.applications.values()]);
  const served = new Map([...assets(), ...branding.assets, ...icons.assets]);
  const addressOf = pictureAddresses(keys.csrf);
  const renderer = createRenderer({
    ...{ i18n, assets: served, name: config.name, support: support(config), now: world.now, branding },
    pictureOf: (icon) => icons.addressOf(icon) ?? addressOf(icon),
    onBroken: (page, { message }) =>
      log.error({ page, reason: message }, 'a template of branding.templates failed: ours was shown'),
    ...(config.timeZone ? { timeZone: config.timeZone } : {}),
  });
  return { assets: served, renderer, formPost: createFormPost(renderer), issuer: config.issuer };
}

function support({ support: { url, email, phone, pass, hours, address } }: Config) {
  const ways = { ...(url ? { url } : {}), ...(email ? { email } : {}), ...(phone ? { phone } : {}) };
  return { ...ways, ...(pass ? { pass } : {}), ...(hours ? { hours } : {}), ...(address ? { address } : {}) };
}
