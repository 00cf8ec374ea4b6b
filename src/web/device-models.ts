import type { LocalizedText } from '../core/account.ts';

/** Pages of whoever signs another device in. */
export interface DevicePages {
  /** Where a code is typed that another device shows. `error`: it leads nowhere. */
  device: { code?: string; error?: boolean };
  /** Asks whether the device is the person's own. */
  'device-confirm': {
    application: LocalizedText;
    code: string;
    ticket: string;
    /** When it was begun, and where. */
    at: number;
    where: { address: string; network?: string; place?: string };
  };
  /** The device is signed in, or it isn't going to be. */
  'device-end': { done: boolean; application?: LocalizedText; homepage?: string };
}
