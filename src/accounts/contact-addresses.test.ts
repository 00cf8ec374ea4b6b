import { describe, expect, it } from 'vitest';
import { addressesBeside } from './contact-addresses.ts';
import type { Contact } from './contacts.ts';

const mail = (to: string): Contact => ({ id: to, kind: 'mail', to, addedAt: 0 });
const number: Contact = { id: 'n', kind: 'text', to: '+85251234567', country: 'HK', addedAt: 0 };

describe('at how many addresses somebody hears of what a contact opens', () => {
  it('counts itself and other mailboxes, the directory’s as well, each once whatever its letters', () => {
    const [mine, other] = [mail('ada@private.example'), mail('ada@another.example')];
    const all = [mine, other, number];
    expect(addressesBeside(mine, [mine])).toBe(1);
    expect(addressesBeside(mine, [mine], 'ADA@Private.example')).toBe(1);
    expect(addressesBeside(mine, [mine], 'ada@university.example')).toBe(2);
    expect(addressesBeside(mine, all, 'Ada@another.example')).toBe(2);
    expect(addressesBeside(mine, all, 'ada@university.example')).toBe(3);
    expect(addressesBeside(number, all, 'ada@university.example')).toBe(4);
  });

  it('counts no number besides: nobody is told there', () => {
    expect(addressesBeside(mail('ada@private.example'), [mail('ada@private.example'), number])).toBe(1);
    expect(addressesBeside(number, [number])).toBe(1);
  });
});
