import type { Message } from '../core/prompt.ts';

/** Moving to another phone. */
export interface PhonePages {
  /** "I have a new phone": what lives on the old one. `method` is the field that says which is to move. */
  phone: {
    action: string;
    csrf: string;
    progress: { step: number; of: number };
    notice?: Message;
    /** `told`: by its factor. */
    methods: { id: string; factor: string; name: string; told: Message }[];
    /** Another one has moved already. */
    begun: boolean;
  };
  /** The new one works. Field `remove`: `yes` or `no`. */
  'phone-remove': {
    action: string;
    csrf: string;
    progress: { step: number; of: number };
    added: { name: string };
    old: { name: string; factor: string; createdAt: number; lastUsedAt?: number };
    /** False for whoever came with a pass: it takes nothing away. */
    removable: boolean;
  };
}
