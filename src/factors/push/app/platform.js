/** What kind of device this is, and how the app gets onto its home screen. */

const { userAgent, maxTouchPoints } = navigator;

/** iPads call themselves Macs; no Mac has a touch screen. */
export const isApple = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);

export const isInstalled = () => matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;

/** There an app gets messages and keeps its data only from the home screen. */
export const mustInstall = () => isApple && !isInstalled();

let offer;

/** Keeps the browser's offer to install until the person wants it; `changed` is called when it comes or goes. */
export function watchInstall(changed) {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event;
    changed();
  });
  addEventListener('appinstalled', () => {
    offer = undefined;
    changed();
  });
}

export const canInstall = () => offer !== undefined && !isInstalled();

/** Shows the browser's own question; it answers once. */
export async function install() {
  const asked = offer;
  offer = undefined;
  await asked?.prompt();
  await asked?.userChoice;
}

const NAMES = [
  [/iPhone|iPod/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Macintosh/, 'Mac'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'Chromebook'],
  [/Linux/, 'Linux'],
];

/** What this device may be called until its owner gives it a name. */
export function deviceName() {
  if (isApple && /Macintosh/.test(userAgent)) return 'iPad';
  return NAMES.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';
}
