import type { Details } from './person.ts';

/** What one row of an import asks for; `key` where the person exists and is to be changed. */
export interface Entry {
  line: number;
  key?: string;
  username: string;
  change: Partial<Omit<Details, 'username'>>;
  password?: string;
  passwordHash?: string;
}
