/**
 * One connection to a modem, from the opened port to its end: bring-up, drain, then ready until something says
 * otherwise. It ends when the port closes or the modem no longer answers; a modem that only restarted is brought
 * up again on the same port. What the line does between sessions is the line's business (`modem-line.ts`).
 */
import { assertNever } from "../../runtime/assert-never.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { LineState } from "../line.ts";
import { type Ask, asksAloud, may } from "./ask.ts";
import { Dialogue } from "./at/dialogue.ts";
import { askNetwork, bringUp, type Setup } from "./bring-up.ts";
import { Calls, hangUp } from "./calls.ts";
import { set } from "./commands.ts";
import { Inbox } from "./inbox.ts";
import { askIndications, sameIndications } from "./indications.ts";
import { Listing } from "./listing.ts";
import { NetworkTime } from "./network-time.ts";
import { isSimLost } from "./pin.ts";
import { urcsOf } from "./profiles/profile.ts";
import type { Rung } from "./recovery/ladder.ts";
import { cycleRadio } from "./recovery/radio.ts";
import { airTroubleOf } from "./recovery/symptom.ts";
import { askRegistration, type Registration, registrationOf } from "./registration.ts";
import { Sender } from "./sender.ts";
import { type Order, type SessionEnd, type SessionOptions, type Wake, whyOf } from "./session-terms.ts";
import { recallSmsc } from "./smsc.ts";
import { newsOf } from "./unsolicited.ts";
import { GENERIC_URCS } from "./urcs.ts";
import { Ussd } from "./ussd.ts";
import { Waker } from "./waker.ts";

/** The watchdog asks whether this is still the modem that was set up, and empties the storages. */
const WATCH_MS = 60_000;
/** More often while it cannot send, should it not tell when it can. */
const SEARCH_MS = 10_000;
const SUSPECT_SIM_EVERY_MS = 600_000;
const RESTART_SETTLE_MS = 1000;

export class Session {
  readonly #options: SessionOptions;
  readonly #dialogue: Dialogue;
  readonly #ask: Ask;
  #setup: Setup | null = null;
  #inbox: Inbox | null = null;
  #registration: Registration = { registered: true, reason: "registration unknown" };
  /** Whether the registration decides the state now: after the drain, until the next bring-up. */
  #settled = false;
  /** Why bring-up has to be run again. */
  #restarted: string | null = null;
  #watchSoon = false;
  /** A rung that waits until nothing is being sent. */
  #ordered: Order | null = null;
  #suspectedAt = Number.NEGATIVE_INFINITY;
  readonly #calls: Calls;
  readonly #time: NetworkTime;
  readonly ussd: Ussd;
  readonly sender: Sender;
  #over: SessionEnd | null = null;
  #stopping = false;
  /** The last bring-up ended at something only a person can mend. */
  #refused = false;
  readonly #waker: Waker;
  readonly #ended = new AbortController();
  /** Echo after ATE0 means a restart, unless this modem echoes whatever it is told. */
  #echo: "watched" | "seen" | "ignored" = "watched";

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#dialogue = new Dialogue({
      port: options.port,
      clock: options.clock,
      urcs: GENERIC_URCS,
      handlers: {
        onUrc: (text, pdu) => this.#onUrc(text, pdu),
        onRestart: (text) => {
          this.#onUrc(text, null);
          this.#restart(`the modem said "${text}"`);
        },
        onEcho: () => this.#onEcho(),
        onLate: (text) => options.onLate(text),
        onNoise: options.onNoise,
        onResync: () => {
          options.onResync(true);
          this.nudge();
        },
        onMute: (reason) => {
          options.onResync(false);
          this.#end("silence", reason);
        },
        onClose: (reason) => this.#end("closed", reason),
      },
    });
    this.#ask = asksAloud((command, asked) => this.#dialogue.run(command, asked), options.onTurn);
    const { clock } = options;
    this.#waker = new Waker(clock);
    this.ussd = new Ussd({ ask: this.#ask, clock });
    const onSlow = () => this.#showState();
    this.sender = new Sender({ dialogue: this.#dialogue, clock, ussd: this.ussd, onSlow });
    this.#time = new NetworkTime({ ask: this.#ask, onTime: options.onNetworkTime });
    this.#calls = new Calls({
      clock,
      policy: options.callPolicy,
      hangUp: () => hangUp(this.#ask),
      onCall: options.onCall,
      onOver: () => this.#callOver(),
    });
  }

  get smscInPdu(): string | null {
    return this.#setup?.smscInPdu ?? null;
  }

  get manufacturer(): string | null {
    return this.#setup?.facts.manufacturer ?? null;
  }

  /** Looks after the modem now rather than at the next turn: something was not as it should be. */
  nudge(): void {
    this.#watchSoon = true;
    this.#waker.wake();
  }

  /** The modem has lost the service centre's number: from now on every PDU carries it. False: nobody knows it. */
  async recallSmsc(): Promise<boolean> {
    const { memory, smsc: configured } = this.#options;
    if (this.#setup === null || this.#setup.smscInPdu !== null) return false;
    const smscInPdu = await recallSmsc({ memory, configured, sim: this.#setup.sim });
    if (smscInPdu === null) return false;
    this.#setup = { ...this.#setup, smscInPdu };
    this.#options.log.warn("the modem has forgotten the service centre's number: it goes with each text now");
    return true;
  }

  /** A SIM that is blamed may be another, or gone; one that is READY all the same is not asked at each send. */
  suspectSim(reason: string): void {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#suspectedAt < SUSPECT_SIM_EVERY_MS) {
      this.nudge();
      return;
    }
    this.#suspectedAt = now;
    this.#restart(reason);
  }

  /** Climbs a rung of the recovery ladder as soon as no result of a send is awaited. */
  climb(rung: Rung, reason: string): void {
    this.#ordered = { rung, reason };
    this.#waker.wake();
  }

  /** Settles when the session is over. */
  async run(): Promise<SessionEnd> {
    while (this.#over === null) {
      try {
        await this.#once();
      } catch (error) {
        // A modem that starts anew in the middle of being set up is set up from the beginning.
        if (this.#restarted === null) this.#end(whyOf(error), reasonOf(error));
        else await this.#sleep(RESTART_SETTLE_MS).catch(() => undefined);
      }
    }
    await this.#inbox?.stop();
    await this.#options.port.close();
    return this.#over;
  }

  /** Lets what is being received be finished, then closes the port. Idempotent. */
  async stop(reason: string, grace: Promise<void>): Promise<void> {
    this.#stopping = true;
    await Promise.race([this.#inbox?.stop() ?? Promise.resolve(), grace]);
    this.#end("left", reason);
    await Promise.race([this.#options.port.close(), grace]);
  }

  async #once(): Promise<void> {
    const { clock, log, memory, pin, smsc, init, onState, onFacts } = this.#options;
    this.#restarted = null;
    this.#ordered = null;
    this.#watchSoon = false;
    this.#settled = false;
    await this.#inbox?.stop();
    if (!this.#refused) onState("starting", "setting the modem up");
    const brought = await bringUp({
      ask: this.#ask,
      type: (text) => this.#dialogue.type(text),
      sleep: (ms) => this.#sleep(ms),
      memory,
      pin,
      smsc,
      init,
      ifSilent: this.#options.ifSilent,
      onInitRefused: this.#options.onInitRefused,
      onProfile: (profile) => {
        log.info({ profile: profile.name }, "the modem is known");
        this.#options.onProfile(profile);
        this.#dialogue.adopt({ urcs: urcsOf(profile, GENERIC_URCS), gapMs: profile.interCommandDelayMs });
      },
    });
    this.#refused = brought.is === "refused";
    if (brought.is === "refused") {
      onState("refused", brought.reason);
      await this.#sleepUntilWoken();
      return;
    }
    this.#setup = brought.setup;
    this.sender.adopt(brought.setup.profile.moreMessages);
    this.#registration = brought.setup.registration;
    onFacts(brought.setup.facts);
    const { imei } = brought.setup.facts;
    this.#inbox = new Inbox({
      ask: (command) => this.#ask(command, { urgent: true }),
      turn: (work) => this.#dialogue.turn(work),
      clock,
      log: this.#options.log,
      setup: brought.setup,
      keep: this.#options.keep,
      onStuck: this.#options.onStuck,
      listing: await Listing.of({ imei, ends: brought.setup.profile.lists }, { memory, log }),
      onStorage: this.#options.onStorage,
      onTextMode: () => this.#restart("the modem fell back to text mode"),
      sleep: (ms) => this.#sleep(ms),
    });
    if (brought.setup.facts.smsc === null) {
      this.#options.log.warn(
        "the SIM has no service centre number: set `smsc` of this line if sending fails",
      );
    }
    this.#echo = "watched";
    onState("starting", "reading what the modem had stored");
    await may(this.#ask, set("AT+CLIP=1"));
    await this.#time.follow();
    await this.#inbox.drain();
    if (this.#over === null && this.#restarted === null) this.#options.onLife("answers");
    this.#settle();
    this.#showRegistration();
    await this.#watch(brought.setup);
  }

  /** From here on the registration decides the state, and an echo means something. */
  #settle(): void {
    if (this.#echo === "seen") this.#echo = "ignored";
    this.#settled = true;
  }

  /** Until the session ends or the modem has to be set up again. */
  async #watch(setup: Setup): Promise<void> {
    for (;;) {
      const wake = await this.#sleepUntilWoken();
      if (wake.is === "over") return;
      if (wake.is === "restarted") {
        this.#options.log.warn({ reason: wake.reason }, "the modem is set up again");
        return;
      }
      if (wake.is === "ordered") {
        await this.#carryOut(wake.order);
        continue;
      }
      const indications = await askIndications(this.#ask);
      // Whoever asked for a look until now gets this one.
      this.#watchSoon = false;
      const before = setup.indications?.answer ?? null;
      if (before !== null && indications !== null && !sameIndications(before, indications)) {
        this.#restart("the modem has forgotten how to announce messages");
        continue;
      }
      this.#registration = await askRegistration(this.#ask);
      if (!this.#registration.registered && (await isSimLost(this.#ask))) {
        this.#restart("the SIM is gone or locked");
        continue;
      }
      this.#showRegistration();
      const network = await askNetwork(this.#ask);
      this.#options.onFacts(network.facts);
      await this.#inbox?.drain();
      if (this.#over !== null || this.#restarted !== null) continue;
      this.#options.onLife("answers");
      const trouble = airTroubleOf(this.#registration, network.signal);
      if (trouble !== null) this.#options.onTrouble(trouble, this.#registration.reason);
    }
  }

  async #carryOut({ rung, reason }: Order): Promise<void> {
    this.#ordered = null;
    this.#settled = false;
    // From here on nothing new is sent; what is on the air has the dialogue's own bound of 180 s.
    this.#options.onState("starting", `${reason}: ${rung}`);
    await this.sender.idle();
    if (this.#over !== null) return;
    const radioOff = this.#setup?.profile.radioOff ?? null;
    if (rung === "radio") await cycleRadio(this.#ask, (ms) => this.#sleep(ms), radioOff);
    if (rung === "re-init" || rung === "radio") this.#restart(`${reason}: ${rung}`);
    else this.#end("left", `${reason}: ${rung}`);
  }

  async #sleepUntilWoken(): Promise<Wake> {
    if (!this.#woken()) {
      await this.#waker.sleep(this.#registration.registered ? WATCH_MS : SEARCH_MS);
    }
    this.#watchSoon = false;
    if (this.#over !== null) return { is: "over" };
    if (this.#restarted === null && this.#ordered !== null) return { is: "ordered", order: this.#ordered };
    return this.#restarted === null ? { is: "watch" } : { is: "restarted", reason: this.#restarted };
  }

  #woken(): boolean {
    return this.#over !== null || this.#restarted !== null || this.#ordered !== null || this.#watchSoon;
  }

  #onUrc(text: string, pdu: string | null): void {
    if (this.#calls.hears(text) || this.ussd.hears(text) || this.#time.hears(text)) return;
    const news = newsOf(text, pdu);
    switch (news.is) {
      case "stored":
        this.#inbox?.announced(news.storage, news.index);
        return;
      case "routed":
        this.#inbox?.direct(news.pdu);
        return;
      case "full":
        this.#inbox?.full(news.storage);
        return;
      case "registration":
        this.#onRegistration(news.stat);
        return;
      case "sim-changed":
        this.#restart(`the SIM changed: ${text}`);
        return;
      case "voltage":
        this.#options.onVoltage(news.voltage);
        return;
      case "look":
        this.nudge();
        return;
      case "nothing":
        return;
      default:
        assertNever(news);
    }
  }

  /** A call leaves some sticks deaf until the next send, though they show their settings as they were. */
  #callOver(): void {
    const chosen = this.#setup?.indications?.chosen;
    // The dialogue never rejects, and whether it worked is seen right after.
    if (chosen !== undefined) this.#ask(set(`AT+CNMI=${chosen}`)).catch(() => undefined);
    this.nudge();
  }

  #onRegistration(stat: number): void {
    if (this.#setup === null) return;
    this.#registration = registrationOf(stat);
    // `+CREG` alone does not speak for LTE: what it denies is asked again.
    if (this.#registration.registered) this.#showRegistration();
    else this.nudge();
  }

  #showRegistration(): void {
    if (this.#showState() === "ready") this.#options.onLife("registered");
  }

  /** Null where the registration does not decide it. */
  #showState(): LineState | null {
    if (!this.#settled || this.#restarted !== null || this.#over !== null || this.#stopping) return null;
    const { registered, reason } = this.#registration;
    const state = registered ? "ready" : "starting";
    this.#options.onState(state, (registered ? this.sender.slow : null) ?? reason);
    return state;
  }

  #restart(reason: string): void {
    this.#restarted ??= reason;
    if (this.#settled) this.#options.onState("starting", reason);
    this.#settled = false;
    this.#waker.wake();
  }

  #onEcho(): void {
    if (this.#echo === "ignored") return;
    if (this.#settled) this.#restart("the modem echoes: it has started anew");
    else this.#echo = "seen";
  }

  /** Rejects when the session ends. */
  #sleep(ms: number): Promise<void> {
    return this.#options.clock.sleep(ms, { signal: this.#ended.signal });
  }

  #end(why: SessionEnd["why"], reason: string): void {
    if (this.#over !== null) return;
    this.#over = { why, reason };
    this.#ended.abort(new Error(reason));
    this.#calls.stop();
    this.ussd.stop(reason);
    this.#dialogue.end(reason);
    this.#waker.wake();
  }
}
