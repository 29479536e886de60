import { handlersOf } from "../../src/daemon/line-handlers.ts";
import type { Line } from "../../src/line/line.ts";
import { createModemLine } from "../../src/line/modem/modem-line.ts";
import type { SimulatedModem } from "../../src/line/simulator/modem.ts";
import { createReceiver } from "../../src/messaging/inbound/receive.ts";
import { type Accept, createAccept } from "../../src/messaging/outbound/accept.ts";
import { Dispatcher } from "../../src/messaging/outbound/dispatcher.ts";
import { LineRoster } from "../../src/messaging/outbound/line-roster.ts";
import { Pending } from "../../src/messaging/outbound/pending.ts";
import { PhoneTurns } from "../../src/messaging/outbound/phone-turns.ts";
import { createReportHandler } from "../../src/messaging/outbound/report.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { Store } from "../../src/store/store.ts";
import { inventory, numberRecord, parseFrench } from "../messaging/numbers.ts";
import { LifeClock } from "./life-clock.ts";
import { openLifeStore } from "./life-store.ts";
import type { WireWatch } from "./wire.ts";

export type Station = { readonly name: string; readonly modem: SimulatedModem; readonly wire: WireWatch };

/**
 * One life of the daemon's inside, from its start until it is killed without a word: store, dispatcher, receiver,
 * reports, and a modem driver for each station. The next life opens the same data.
 */
export class Life {
  readonly store: Store;
  readonly accept: Accept;
  readonly lines: readonly Line[];
  readonly #clock: LifeClock;
  readonly #dispatcher: Dispatcher;
  readonly #start: () => Promise<void>;
  readonly #kill: () => void;

  constructor(options: {
    readonly dataDir: string;
    readonly stations: readonly Station[];
    readonly clock: Clock;
    readonly log: Log;
  }) {
    const { dataDir, stations, log } = options;
    const clock = new LifeClock(options.clock);
    this.#clock = clock;
    const { store, kill } = openLifeStore(dataDir, clock.now());
    this.store = store;
    const records = stations.map(({ name, modem }) =>
      numberRecord({ line: name, phoneNumber: modem.number, smsUrl: "http://app.example/sms" }),
    );
    const keys = new KeySequence(clock, store.newestKey);
    const pending = new Pending(log);
    this.accept = createAccept({ store, keys, clock, limits: { maxQueued: 100_000 } });
    this.lines = stations.map(({ name, modem, wire }) =>
      createModemLine({
        name,
        openPort: async () => wire.watch(modem.connect()),
        clock,
        log,
        memory: {
          get: (key) => store.getMemory(name, key),
          put: (key, value) => store.putMemory(name, key, value),
        },
        pin: null,
        smsc: null,
        simulated: true,
      }),
    );
    const roster = new LineRoster({
      lines: this.lines,
      lineNameOf: (number) => records.find(({ phoneNumber }) => phoneNumber === number)?.line ?? null,
    });
    const turns = new PhoneTurns();
    this.#dispatcher = new Dispatcher({
      turns,
      store,
      roster,
      clock,
      log,
      rateOf: () => 1,
      policy: { onUnknownOutcome: "resend", unknownOutcomeWaitSeconds: 60 },
    });
    const receive = createReceiver({
      store,
      keys,
      clock,
      log,
      numbers: inventory(records),
      parseAddress: parseFrench,
      siteCountry: "FR",
    });
    const report = createReportHandler({ store, turns, kindOf: () => "modem", clock, log });
    this.#start = async () => {
      await receive.routeKept();
      await this.#dispatcher.start();
      for (const line of this.lines) {
        const onState = (_line: Line, reason: string) =>
          roster.stateChanged(line.name, line.status.state, reason);
        const acceptedLate = this.#dispatcher.acceptedLate.bind(this.#dispatcher);
        line.start(
          handlersOf(line, {
            store,
            clock,
            log,
            networkTime: () => Promise.resolve(),
            pending,
            receive,
            report,
            acceptedLate,
            onState,
          }),
        );
      }
    };
    this.#kill = () => {
      kill();
      for (const { modem, wire } of stations) {
        wire.broken();
        modem.unplug();
      }
    };
  }

  start(): Promise<void> {
    return this.#start();
  }

  /** The process is gone between two instructions: no timer fires, no command is carried out, every port closes. */
  kill(): void {
    this.#clock.kill();
    this.#kill();
  }
}
