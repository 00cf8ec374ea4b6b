import type { DoorPorts } from '../../../core/door.ts';

/** What stands only after the core does, for whoever asks people without a browser. */
export type LaterPorts = Pick<DoorPorts, 'journey' | 'known'>;

export interface Later {
  ports(): LaterPorts;
  stands(ports: LaterPorts): void;
}

export function createLater(): Later {
  let given: LaterPorts | undefined;
  return {
    ports() {
      if (given === undefined) throw new Error('nobody can be asked before the journey stands');
      return given;
    },
    stands(ports) {
      given = ports;
    },
  };
}
