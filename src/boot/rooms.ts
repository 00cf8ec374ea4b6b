import { accountsRoom } from '../accounts/index.ts';
import { assuranceRoom } from '../assurance/index.ts';
import { helpDeskRoom } from '../help-desk/index.ts';
import { lockoutRoom } from '../lockout/index.ts';
import { methodsRoom } from '../methods/index.ts';
import { reportsRoom } from '../reports/index.ts';
import { signInRoom } from '../sign-in/index.ts';
import { statisticsRoom } from '../statistics/index.ts';
import type { RoomsNeeds } from './needs.ts';

/** The rooms, from the bottom up. */
export function createRooms(needs: RoomsNeeds) {
  const below = { ...lockoutRoom(needs), ...accountsRoom(needs) };
  const assured = { ...below, ...assuranceRoom(needs, below) };
  const able = { ...assured, ...methodsRoom(needs, assured) };
  const all = { ...able, ...signInRoom(needs, able), ...reportsRoom(needs, able) };
  return { ...all, ...helpDeskRoom(needs, all), ...statisticsRoom(needs, all) };
}

export type Rooms = ReturnType<typeof createRooms>;
