/** The part of the store's door that keeps the house: events, what Lines remember, rest, and signs of life. */
import type { Event, NewEvent } from "../runtime/event.ts";
import type { EventFilter } from "./reading.ts";

export interface HouseCommands {
  addEvent(event: NewEvent): Promise<void>;
  /** Newest first. */
  listEvents(filter: EventFilter): Promise<readonly Event[]>;
  getMemory(line: string, key: string): Promise<string | null>;
  putMemory(line: string, key: string, value: string): Promise<void>;
  /** Moves finished Messages out of the hot tables, a batch at a time; `sent` ones once older than
   *  `sentBefore`. Returns how many moved. */
  retire(options: { sentBefore: number; limit: number }): Promise<number>;
  /** Commits a row: rejects when the disk does not keep its word. */
  ping(now: number): Promise<void>;
  /** Settles when the worker has come around to it. Nothing is read or written: a full disk does not matter. */
  turn(): Promise<void>;
}
