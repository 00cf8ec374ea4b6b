import type { WebRooms } from '../web/index.ts';

/** All rooms, as commands are given them. */
export type Rooms = WebRooms;
