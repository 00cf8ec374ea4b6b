/** A file of tokens, or one row of it, that can't be used. The message is for whoever runs the import; it holds no secret. */
export class TokenFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TokenFault';
  }
}
