/**
 * The speed of a UART. A modem that is set to another speed is mute: it answers nothing at all, and no port error
 * tells. So a port that was closed without a single answer is tried at the other usual speeds before it is opened
 * again; where the modem answers it is told the configured speed (`+IPR`, kept with `&W`). A port that answers
 * costs nothing: it is only listened to. USB ports have no speed, and a mute one is as mute at any.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";

export type SpeedOptions = {
  /** The port at a speed. */
  readonly openAt: (baudRate: number) => OpenPort;
  readonly baudRate: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** What modems leave the factory with, or are left at by the program before. */
const USUAL: readonly number[] = [115_200, 57_600, 38_400, 19_200, 9600];
const TRIES = 3;
const ANSWER_MS = 500;
/** A modem changes its speed after its `OK`. */
const SETTLE_MS = 100;

/** A modem that hangs is mute too, and the search takes 8 s each time. */
const SEARCH_AGAIN_MS = 300_000;

const ANSWERED = /(?:^|[\r\n])OK\r/;

export function openAtRightSpeed({ openAt, baudRate, clock, log }: SpeedOptions): OpenPort {
  /** Whether the last port answered; the first is believed to. */
  let answered = true;
  let rightSpeed = baudRate;
  let searchedAt = Number.NEGATIVE_INFINITY;

  const opened = async (signal: AbortSignal): Promise<BytePort> => {
    answered = false;
    return new HeardPort(await openAt(rightSpeed)(signal), () => {
      answered = true;
    });
  };

  return async (signal) => {
    if (!answered && clock.monotonicMs() - searchedAt > SEARCH_AGAIN_MS) {
      searchedAt = clock.monotonicMs();
      const found = await search(openAt, [baudRate, ...USUAL], clock, signal);
      if (found !== null && found !== baudRate) {
        rightSpeed = (await teach(openAt, { from: found, to: baudRate }, clock, signal)) ? baudRate : found;
        log.info({ found, speed: rightSpeed }, "the modem was set to another speed");
      }
    }
    return opened(signal);
  };
}

/** The first speed at which the modem answers; null when it answers at none. */
async function search(
  openAt: SpeedOptions["openAt"],
  speeds: readonly number[],
  clock: Clock,
  signal: AbortSignal,
): Promise<number | null> {
  for (const speed of new Set(speeds)) {
    const talk = new Talk(await openAt(speed)(signal), clock, signal);
    try {
      if (await talk.isAnswered("AT", TRIES)) return speed;
    } finally {
      await talk.close();
    }
  }
  return null;
}

/** True when the modem answers at the new speed; it is then kept for the next power-up too. */
async function teach(
  openAt: SpeedOptions["openAt"],
  speed: { readonly from: number; readonly to: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const before = new Talk(await openAt(speed.from)(signal), clock, signal);
  try {
    await before.isAnswered(`AT+IPR=${speed.to}`, 1);
    await clock.sleep(SETTLE_MS, { signal });
  } finally {
    await before.close();
  }
  const after = new Talk(await openAt(speed.to)(signal), clock, signal);
  try {
    if (!(await after.isAnswered("AT", TRIES))) return false;
    await after.isAnswered("AT&W", 1);
    return true;
  } finally {
    await after.close();
  }
}

/** A command and whether `OK` comes: all that is needed before the speed is known. */
class Talk {
  readonly #port: BytePort;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #heard = "";
  #wake: () => void = () => undefined;

  constructor(port: BytePort, clock: Clock, signal: AbortSignal) {
    this.#port = port;
    this.#clock = clock;
    this.#signal = signal;
    port.onData((bytes) => {
      this.#heard = `${this.#heard}${Buffer.from(bytes).toString("latin1")}`.slice(-256);
      if (ANSWERED.test(this.#heard)) this.#wake();
    });
    port.onClose(() => this.#wake());
  }

  async isAnswered(command: string, tries: number): Promise<boolean> {
    for (let attempt = 0; attempt < tries; attempt++) {
      this.#signal.throwIfAborted();
      this.#heard = "";
      const answer = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const timer = this.#clock.timer(ANSWER_MS, () => this.#wake());
      try {
        await this.#port.write(Buffer.from(`${command}\r`, "latin1"));
        await answer;
      } finally {
        timer.cancel();
      }
      if (ANSWERED.test(this.#heard)) return true;
    }
    return false;
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

/** A port that tells when the modem has answered for the first time. */
class HeardPort implements BytePort {
  readonly #port: BytePort;
  readonly #onAnswer: () => void;
  #heard = "";
  #isHeard = false;

  constructor(port: BytePort, onAnswer: () => void) {
    this.#port = port;
    this.#onAnswer = onAnswer;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#port.write(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#port.onData((bytes) => {
      this.#listen(bytes);
      listener(bytes);
    });
  }

  onClose(listener: (reason: string) => void): void {
    this.#port.onClose(listener);
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  #listen(bytes: Uint8Array): void {
    if (this.#isHeard) return;
    this.#heard = `${this.#heard}${Buffer.from(bytes).toString("latin1")}`.slice(-256);
    if (!ANSWERED.test(this.#heard)) return;
    this.#isHeard = true;
    this.#heard = "";
    this.#onAnswer();
  }
}
