import { renderSVG } from 'uqr';
import type { CodeSetup } from '../../core/prompt.ts';
import type { Parameters } from './otp.ts';

/** Characters of a name in the label: apps cut it anyway, and the QR code must stay readable. */
const LABEL = 64;

function label(text: string): string {
  return [...text.toWellFormed()].slice(0, LABEL).join('');
}

/**
 * `otpauth:` URI in the Key Uri Format of authenticator apps. The issuer stands in the label and as a
 * parameter: apps read one or the other. A colon in it would end the issuer early.
 */
export function otpauthUri(parameters: Parameters, issuer: string, username: string): string {
  const by = label(issuer.replaceAll(':', ' ').trim());
  const { secret, algorithm, digits, period } = parameters;
  const query = [`secret=${secret}`, `issuer=${encodeURIComponent(by)}`, `algorithm=${algorithm}`];
  query.push(`digits=${digits}`, `period=${period}`);
  return `otpauth://totp/${encodeURIComponent(by)}:${encodeURIComponent(label(username))}?${query.join('&')}`;
}

/**
 * Black on white whatever the page's colours, as cameras expect, with the four modules of quiet zone
 * of ISO/IEC 18004; without a size of its own, so that it scales.
 */
function qr(uri: string): string {
  const svg = renderSVG(uri, { ecc: 'L', border: 4, pixelSize: 1, whiteColor: '#fff', blackColor: '#000' });
  return svg.replace('<svg ', '<svg shape-rendering="crispEdges" ');
}

export function setupOf(parameters: Parameters, issuer: string, username: string): CodeSetup {
  const uri = otpauthUri(parameters, issuer, username);
  return { uri, svg: qr(uri), key: parameters.secret.replace(/.{4}(?=.)/g, '$& ') };
}
