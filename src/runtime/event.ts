/**
 * An event is what the operator is told afterwards: one row in the store, one line in the log. Its fields are
 * a contract (`/appliance/v1/Events`). No message text, no secrets; numbers are masked where they are shown.
 */
export type EventLevel = "info" | "warning" | "error";

export type EventType =
  | "line.state" // a line changed state: `text` says from, to and why
  | "line.undecodable" // a PDU that could not be read was kept raw
  | "line.noise" // a line from the modem nobody understands, the first of its kind
  | "line.refused" // the modem, the SIM or the carrier refuses: PIN, no credit, barred, the bind
  | "line.throttled" // the carrier takes no more at this rate; told once an hour
  | "line.fallback" // a line that is down leaves its queue to another, or has it back
  | "line.fallback-refused" // the other line's carrier does not take a number as a sender
  | "line.recovery" // a rung of the recovery ladder was climbed, or has helped; `detail.wire` has the last seconds
  | "line.call" // somebody rang; `detail.from` has the number
  | "line.storage" // the modem's message storage is nearly full, or full: then it receives nothing
  | "line.power" // the modem's supply is too weak, or looks so
  | "plan.near" // a line has used most of what a cap of its SIM plan allows; once in a period
  | "plan.reached" // and all of it: broadcasts wait
  | "queue.full" // a number's queue has come to its bound: what is posted is refused; told once an hour
  | "message.failed" // an outbound message ended failed or undelivered
  | "message.unknown" // its outcome is unknown: the link broke after the point of no return
  | "message.settled" // its outcome was unknown: a delivery report or a late answer shows that the network had it
  | "message.resent" // an unknown outcome was resolved by sending again
  | "inbound.unrouted" // kept, but no number or no webhook takes it
  | "inbound.duplicate" // a segment came again that is kept already; `detail.count`, at most every ten minutes
  | "optout.changed" // a recipient texted STOP or START
  | "audience.changed" // somebody joined an audience, or left it, by its keyword
  | "inbound.incomplete" // a message is shown with a gap: parts of it did not come in time (30009)
  | "inbound.special" // a message of class 0, or one that tells of waiting voice mail, fax or mail
  | "inbound.mended" // a part that was missing came after all
  | "report.unmatched" // a delivery report nobody waits for
  | "webhook.retry" // an app did not answer as it should; it will be asked again
  | "webhook.failed" // given up on, with Twilio's error code
  | "twiml.error" // an answer that is not acted on, with Twilio's error code
  | "backup.made" // a backup was made and found whole
  | "backup.failed" // none was made; `text` says why, and it is tried again
  | "store.damaged" // the backup shows that the database is damaged, or this event itself is
  | "store.restored" // this data folder comes from a backup; `text` says what became of what waited
  | "store.salvaged" // the database was damaged or gone; `text` says what was saved, what is lost, and what was done
  | "account.rotated" // the main account's auth token was made anew
  | "clock.untrusted" // the wall clock is in doubt: dates may be wrong
  | "clock.trusted" // and is no longer
  | "clock.set" // the system's clock was set to another time, and is followed; `detail.byMs`
  | "tls.taken" // a changed certificate is served from now on
  | "tls.refused" // the changed files are no certificate with its key: the old one is served on
  | "tls.expiring" // the certificate served ends within 30 days; an error once it has
  | "broadcast.run" // a run began, was canceled, or the last of it has left the queue
  | "broadcast.late" // a run begins late: the box was off, or its clock not to be trusted; and what was missed before it
  | "broadcast.paused" // by the operator: nothing of it is sent
  | "broadcast.active" // by the operator: it goes on
  | "broadcast.skipped" // a planned run was not sent, by its broadcast's own rule
  | "broadcast.failed" // a planned run could not be sent: its audience, its sender or its text is at fault
  | "broadcast.text" // the text could not be had from the app; the fallback text is sent, or it is asked again
  | "broadcast.waiting" // broadcasts wait until the wall clock is to be believed
  | "daemon.started"
  | "daemon.stopped";

export type NewEvent = {
  readonly type: EventType;
  readonly level: EventLevel;
  /** Epoch milliseconds. */
  readonly at: number;
  /** One sentence: what happened, where, and the next step where there is one. */
  readonly text: string;
  readonly line?: string;
  readonly messageSid?: string;
  readonly accountSid?: string;
  /** Twilio's error code (11200, 12100, 30008, …) where one exists. */
  readonly errorCode?: number;
  /** What a developer wants to see: HTTP status, URL without userinfo, raw hex. JSON-serialisable. */
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
};

export type Event = NewEvent & {
  /** `NO` and 32 hex digits, time-ordered. */
  readonly sid: string;
};
