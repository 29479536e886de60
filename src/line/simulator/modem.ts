/**
 * A modem that exists only in memory and speaks bytes: 27.005 in PDU mode and what 27.007 and V.250 a driver needs
 * around it. It knows nothing of who talks to it, and goes on living, with its storages, when nobody does.
 *
 * It is not a text-mode modem: it comes up in text mode, as many do, and answers message commands there with
 * `+CMS ERROR: 305` until it is told `AT+CMGF=0`.
 */
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import type { BytePort } from "../byte-port.ts";
import { BehaviourStack, type ModemBehaviour, type Release } from "./behaviour.ts";
import { type Answer, type Call, cme, cms, ERROR, ok, parseCommandLine } from "./call.ts";
import { GENERAL_COMMANDS, pinWord, registrationLine } from "./commands/general.ts";
import { CALL_COMMANDS } from "./commands/incoming-calls.ts";
import { MESSAGE_COMMANDS } from "./commands/message.ts";
import { STORAGE_COMMANDS } from "./commands/storage.ts";
import { USSD_COMMANDS } from "./commands/ussd.ts";
import { type Device, isRegistered } from "./device.ts";
import { Inbox } from "./inbox.ts";
import { IncomingCall } from "./incoming-call.ts";
import { MemoryPort } from "./memory-port.ts";
import type { SimulatedNetwork } from "./network.ts";
import { powerUpSettings } from "./settings.ts";
import { SimCard, type SimState } from "./sim-card.ts";
import { MessageStorage, type StorageName } from "./storage.ts";
import type { Subscriber, Verdict } from "./subscriber.ts";
import { type Ending, Terminal } from "./terminal.ts";

export type SimulatedModemOptions = {
  /** The SIM's number, E.164. */
  readonly number: string;
  readonly imei?: string;
  readonly iccid?: string;
  readonly imsi?: string;
  /** Asked for at every power-up; three tries. Default: none. */
  readonly pin?: string | undefined;
  /** `+CSCA` on the SIM. Default the network's own; "" for a SIM that has none. */
  readonly smsc?: string;
  readonly lastTpMr?: number;
  /** Slots of each storage. Default ME 100, SM 20, SR 100. */
  readonly slots?: Partial<Readonly<Record<StorageName, number>>>;
  /** The first index of every storage: 1 on most modems, 0 on some. Default 1. */
  readonly firstIndex?: 0 | 1;
  /** How long the TE may take for `+CNMA`. Default 15 s (TR2M is 12 to 20 s, 24.011 §10). */
  readonly ackWindowMs?: number;
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  readonly behaviours?: readonly ModemBehaviour[];
};

/** 27.005 §3.5.6 allows 1 to 5 seconds. */
const LINK_KEPT_MS = 3000;

const COMMANDS = {
  ...GENERAL_COMMANDS,
  ...STORAGE_COMMANDS,
  ...MESSAGE_COMMANDS,
  ...CALL_COMMANDS,
  ...USSD_COMMANDS,
};

/** What cannot be done before the PIN; the message commands answer with CMS numbers, the others with CME. */
const NEEDS_CARD = new Set([
  "+CIMI",
  "+CNUM",
  "+CUSD",
  ...Object.keys(STORAGE_COMMANDS),
  ...Object.keys(MESSAGE_COMMANDS),
]);

export class SimulatedModem implements Subscriber {
  readonly number: string;
  readonly #network: SimulatedNetwork;
  readonly #terminal: Terminal;
  readonly #device: Device;
  readonly #behaviours = new BehaviourStack<ModemBehaviour>();
  #port: MemoryPort | null = null;
  #powered = true;
  #powerUps = 0;
  #announced = 1;
  #plugged = true;
  #plugIns = 0;
  /** Until when (monotonic) the radio link stays open after a send (27.005 §3.5.6). */
  #linkOpenUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SimulatedModemOptions) {
    const { number, network, clock } = options;
    this.number = number;
    this.#network = network;
    this.#terminal = new Terminal({
      execute: (line, end) => this.#execute(line, end),
      isEchoing: () => this.#device.settings.echo,
      send: (text) => this.#send(text),
    });
    const slots = { ME: 100, SM: 20, SR: 100, ...options.slots };
    const storage = (name: StorageName) => new MessageStorage(name, slots[name], options.firstIndex ?? 1);
    const storages = { ME: storage("ME"), SM: storage("SM"), SR: storage("SR") };
    const unsolicited = (line: string) => this.#terminal.unsolicited(line);
    const after = (ms: number, fire: () => void) => network.delays.after(ms, fire);
    const smsc = options.smsc ?? network.smsc;
    this.#device = {
      settings: powerUpSettings(),
      imei: options.imei ?? imeiFor(number),
      sim: new SimCard({ ...options, smsc }),
      storages,
      inbox: new Inbox({
        settings: () => this.#device.settings,
        storages,
        smsc: network.smsc,
        unsolicited,
        after,
        ackWindowMs: options.ackWindowMs ?? 15_000,
      }),
      incomingCall: new IncomingCall({
        unsolicited,
        after,
        showsCaller: () => this.#device.settings.clip === 1,
      }),
      clock,
      after,
      registration: () => this.#registration(),
      registrationMayHaveChanged: () => this.#announceRegistration(),
      unsolicited,
      reboot: () => network.delays.after(0, () => this.reboot()),
      memoryAvailable: () => network.wake(number),
      submit: (tpdu, tpMr, answer) => this.#submit(tpdu, tpMr, answer),
    };
    for (const behaviour of options.behaviours ?? []) this.#behaviours.push(behaviour);
    this.#announced = this.#registration();
    network.attach(this);
  }

  /** The name its port has now: a modem that was unplugged may come back under another one. */
  get devicePath(): string {
    return `/dev/ttyUSB${this.#plugIns}`;
  }

  /** Opens the modem's port. There is one: an earlier connection is closed. Throws where there is none. */
  connect(devicePath = this.devicePath): BytePort {
    if (!this.#plugged || devicePath !== this.devicePath)
      throw new Fault({
        code: "line.closed",
        disposition: "line",
        message: `There is no ${devicePath}: the simulated modem is ${this.#plugged ? `at ${this.devicePath}` : "unplugged"}.`,
      });
    this.#port?.end("replaced by a newer connection");
    const port = new MemoryPort(
      (bytes) => this.#receive(bytes),
      () => {
        if (this.#port === port) this.#port = null;
      },
    );
    this.#port = port;
    return port;
  }

  /** Overrides reactions until released; the newest has first refusal. */
  behave(behaviour: ModemBehaviour): Release {
    const release = this.#behaviours.push(behaviour);
    this.#announceRegistration();
    return () => {
      release();
      this.#announceRegistration();
    };
  }

  /** Power gone and back: settings, what was typed and what ran are forgotten; storages and SIM are not. */
  reboot(options: { readonly silentMs?: number } = {}): void {
    this.#powered = false;
    this.#powerUps += 1;
    const powerUp = this.#powerUps;
    this.#terminal.reset();
    this.#device.settings = powerUpSettings();
    this.#device.sim.powerCycle();
    this.#device.inbox.reset();
    this.#device.incomingCall.reset();
    this.#network.delays.after(options.silentMs ?? 0, () => {
      if (powerUp !== this.#powerUps) return;
      this.#powered = true;
      for (const line of ["RDY", "+CFUN: 1", `+CPIN: ${pinWord(this.#device)}`])
        this.#terminal.unsolicited(line);
      this.#announced = 0;
      this.#announceRegistration();
    });
  }

  /** The port vanishes, as when a plug is pulled, and can be opened again at once; the modem lives on. */
  unplug(): void {
    this.#port?.end("unplugged");
  }

  /** The same, and there is no port until `plugIn`. */
  pullOut(): void {
    this.#plugged = false;
    this.unplug();
  }

  plugIn(options: { readonly renamed?: boolean } = {}): void {
    if (options.renamed === true) this.#plugIns += 1;
    this.#plugged = true;
  }

  /** There is room for texts again: the network is told (RP-SMMA). */
  roomAgain(): void {
    this.#network.wake(this.number);
  }

  /** Somebody rings; "" withholds the number. False: nobody can get through. */
  ring(from: string): boolean {
    return isRegistered(this.#registration()) && this.#device.incomingCall.begin(from);
  }

  /** Its SIM: whether a PIN or a PUK is asked for, and how many tries of the PIN are left. */
  get card(): { readonly state: SimState; readonly triesLeft: number } {
    const { state, triesLeft } = this.#device.sim;
    return { state, triesLeft };
  }

  /** Prints a line nobody asked for. */
  unsolicited(line: string): void {
    this.#device.unsolicited(line);
  }

  /** Puts hex into a storage as if it had been received: garbage, a SUBMIT, anything. The index; null: full. */
  store(name: StorageName, hex: string, stat: 0 | 1 | 2 | 3 = 0): number | null {
    const length = Math.max(0, (hex.length >> 1) - 1 - Number.parseInt(hex.slice(0, 2) || "0", 16));
    return this.#device.storages[name].put({ stat, hex, length: Number.isNaN(length) ? 0 : length });
  }

  /** Slots in use. */
  stored(name: StorageName): number {
    return this.#device.storages[name].used;
  }

  offer(tpdu: Uint8Array, answer: (verdict: Verdict) => void): void {
    if (!isRegistered(this.#registration())) answer("absent");
    else if (this.#behaviours.claimed((behaviour) => behaviour.isFull?.())) answer("full");
    else this.#device.inbox.receive(tpdu, answer);
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#powered || this.#behaviours.claimed((behaviour) => behaviour.onBytes?.(bytes))) return;
    this.#terminal.input(bytes);
  }

  #send(honest: string): void {
    if (!this.#powered) return;
    const text = this.#behaviours.shaped(honest, (by, shaped) => by.shapeOutput?.(shaped) ?? shaped);
    if (text === "" || this.#behaviours.claimed((behaviour) => behaviour.onOutput?.(text))) return;
    this.#port?.emit(new Uint8Array(Buffer.from(text, "latin1")));
  }

  #execute(line: string, end: (ending: Ending) => void): void {
    const calls = parseCommandLine(line);
    if (calls === null) end({ is: "text", text: this.#printed(ERROR) });
    else this.#perform(calls, "", end);
  }

  /** The commands of a line one after the other; the first that fails ends it (V.250 §5.2.3). */
  #perform(calls: readonly Call[], printed: string, end: (ending: Ending) => void): void {
    const [call, ...rest] = calls;
    if (call === undefined) {
      end({ is: "text", text: `${printed}\r\nOK\r\n` });
      return;
    }
    this.#answer(call, (answer) => {
      if (answer.is === "ok") this.#perform(rest, printed + block(answer.lines), end);
      else if (answer.is === "prompt") end({ is: "prompt", text: printed, take: this.#takePdu(answer.take) });
      else end({ is: "text", text: answer.is === "silence" ? "" : printed + this.#printed(answer) });
    });
  }

  #takePdu(take: Extract<Answer, { is: "prompt" }>["take"]) {
    return (pdu: string, end: (ending: Ending) => void) =>
      take(pdu, (answer) => end({ is: "text", text: this.#printed(answer) }));
  }

  #answer(call: Call, answer: (answer: Answer) => void): void {
    const perform = () => answer(this.#honestAnswer(call));
    if (!this.#behaviours.claimed((behaviour) => behaviour.onCommand?.(call, answer, perform))) perform();
  }

  #honestAnswer(call: Call): Answer {
    const handler = Object.hasOwn(COMMANDS, call.name) ? COMMANDS[call.name] : undefined;
    if (handler === undefined) return ERROR;
    const { state } = this.#device.sim;
    if (state === "ready" || call.kind === "test" || !NEEDS_CARD.has(call.name))
      return handler(this.#device, call);
    const isMessageCommand = call.name in STORAGE_COMMANDS || call.name in MESSAGE_COMMANDS;
    if (isMessageCommand) return cms(state === "pin" ? 311 : 316);
    return cme(state === "pin" ? 11 : 12);
  }

  #submit(tpdu: Uint8Array, tpMr: number, answer: (answer: Answer) => void): void {
    const powerUp = this.#powerUps;
    const proceed = () =>
      this.#network.delays.after(this.#network.submitMs + this.#openLinkMs(), () => {
        if (powerUp !== this.#powerUps) return;
        const outcome = this.#network.submit(this.number, tpdu);
        this.#keepLink();
        const honest = outcome.is === "taken" ? ok(`+CMGS: ${tpMr}`) : cms(outcome.cause);
        const told = this.#behaviours.ask((behaviour) => behaviour.onOutcome?.(outcome)) ?? honest;
        const tell = () => answer(told);
        if (!this.#behaviours.claimed((behaviour) => behaviour.onResult?.(tell))) tell();
      });
    if (!this.#behaviours.claimed((behaviour) => behaviour.onSubmit?.(answer, proceed))) proceed();
  }

  /** What the radio link costs this send: nothing while it is still open. */
  #openLinkMs(): number {
    const { settings, clock } = this.#device;
    if (clock.monotonicMs() < this.#linkOpenUntilMs) return 0;
    // Mode 1 falls back to 0 when the link was let go, mode 2 stays (27.005 §3.5.6).
    if (settings.cmms === 1 && this.#linkOpenUntilMs > 0) settings.cmms = 0;
    return this.#behaviours.ask((behaviour) => behaviour.linkMs?.()) ?? 0;
  }

  #keepLink(): void {
    const { settings, clock } = this.#device;
    this.#linkOpenUntilMs = settings.cmms === 0 ? 0 : clock.monotonicMs() + LINK_KEPT_MS;
  }

  #registration(): number {
    if (!this.#powered || this.#device.settings.cfun !== 1 || this.#device.sim.state !== "ready") return 0;
    return this.#behaviours.ask((behaviour) => behaviour.registration?.()) ?? 1;
  }

  #announceRegistration(): void {
    const stat = this.#registration();
    if (stat === this.#announced) return;
    this.#announced = stat;
    for (const [name, n] of Object.entries(this.#device.settings.registrationReports))
      if (n > 0) this.#terminal.unsolicited(registrationLine(name, n, stat));
    if (isRegistered(stat)) this.#network.wake(this.number);
  }

  #printed(answer: Answer): string {
    switch (answer.is) {
      case "ok":
        return `${block(answer.lines)}\r\nOK\r\n`;
      case "cms":
        return `\r\n+CMS ERROR: ${answer.code}\r\n`;
      case "cme":
        return this.#device.settings.cmee === 0 ? "\r\nERROR\r\n" : `\r\n+CME ERROR: ${answer.code}\r\n`;
      case "error":
        return "\r\nERROR\r\n";
      case "prompt":
      case "silence":
        return "";
    }
  }
}

/** Several lines of one answer share one frame: a listing has no empty lines in it (27.005 §3.4.2). */
function block(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\r\n${lines.join("\r\n")}\r\n`;
}

/** Fifteen digits of which the last checks the others (23.003 Annex B). */
function imeiFor(number: string): string {
  const body = `35000000${number.replace(/\D/g, "").slice(-6).padStart(6, "0")}`;
  const sum = [...body].reduce((total, digit, at) => {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}
