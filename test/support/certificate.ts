export { selfSigned } from '../../demo/shared/certificate.ts';
