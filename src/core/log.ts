/** Where a part tells operators what happens: fields that say it exactly, and a sentence. Never a secret. */
export interface LogPort {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
