import type { NewEvent } from "../runtime/event.ts";

/** What parts that come late do to a Message that was shown without them. */
export type Mend = {
  readonly sid: string;
  /** The late parts. */
  readonly keptIds: readonly string[];
  /** As it reads now; null when the late parts are copies of what it shows. */
  readonly now: {
    readonly body: string;
    readonly numSegments: number;
    /** What is still missing; null when it is whole. */
    readonly error: { readonly code: number; readonly text: string } | null;
  } | null;
  readonly at: number;
  readonly event: NewEvent | null;
};
