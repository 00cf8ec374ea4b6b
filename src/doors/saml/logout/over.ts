import type { Response } from 'express';
import type { DoorPorts } from '../../../core/door.ts';

/** Says that nothing waits for this browser: it is done, took too long, or began in another one. */
export function over({ render }: Pick<DoorPorts, 'render'>, res: Response): void {
  const status = 400;
  res
    .status(status)
    .type('html')
    .send(render.page(res, 'error', { status, key: 'over' }, status));
}
