/** An error to be shown: `error` is its short name, as the specifications or the other side's status say it. */
export class ApplicationError extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string, options?: ErrorOptions) {
    super(description, options);
    this.name = 'ApplicationError';
    this.status = status;
    this.error = error;
  }
}
