/**
 * Pages, and whatever else answers a browser or a program: Express, security headers, forms, languages, templates. It
 * needs the rooms in which things are done, the core and the doors; it gives the gateway's front, and what a page is
 * rendered by before that stands.
 */
export { type ApiSettings, hashOfSecret } from './api/clients.ts';
export { createWeb } from './app.ts';
export { type Assets, assets } from './assets.ts';
export { formText } from './bodies.ts';
export { createBonds } from './bonds.ts';
export {
  type Branding,
  brandingOf,
  colourFaults,
  copyOf,
  ourTemplates,
  pictureFault,
  templateFaults,
  textFaults,
} from './branding/index.ts';
export { createCodeWriter } from './code-messages.ts';
export { html, localsOf, type Rendering, type Watched, type WebDeps, type WebRooms } from './context.ts';
export { createListWriter } from './department-list.ts';
export { createDeposits } from './deposits.ts';
export { createFormPost } from './form-post.ts';
export { createGallery, samples } from './gallery/index.ts';
export { createHouseSessions, SIGNED_OUT } from './house-sign-out.ts';
export { createI18n, type I18n } from './i18n.ts';
export type { PageName } from './models.ts';
export { createNoticeWriter } from './notices.ts';
export { sourcesOf } from './pages/sign-in/departures.ts';
export { iconsOf } from './pictures/icons.ts';
export { pictureAddresses } from './pictures/index.ts';
export { placeOf } from './places.ts';
export { createRenderer } from './render.ts';
export { allowFrames, setPolicy } from './security.ts';
export { createStreams } from './streams.ts';
