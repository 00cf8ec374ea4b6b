import type { WebRooms } from '../web/context.ts';

/** All rooms, as commands are given them. */
export type Rooms = WebRooms;
