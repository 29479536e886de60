/**
 * The wall clock as this process shows it: it goes on as the monotonic clock does, and a step of the system's is taken
 * over in one instant, by whoever owns trust (`clock-trust.ts`), together with everything that carries a date and
 * waits. Nothing therefore sees a date from before a step beside a time from after it: no message is three years old
 * because the box found its NTP server, and none waits five hours because somebody set the clock back.
 *
 * What NTP slews, and a step that nobody would notice, is simply the time.
 */
import type { Clock } from "./clock.ts";

/** NTP services slew less than this, and a deadline that is off by it is not wrong. */
const SLEW_MS = 5_000;

/** Keys are times until 2089 (`ids.ts`), and no program runs that long: a clock past it is broken, not late. */
const BELIEVED_AFTER_BUILD_MS = 30 * 365.25 * 86_400_000;

export class SteadyClock implements Clock {
  readonly monotonicMs: Clock["monotonicMs"];
  readonly sleep: Clock["sleep"];
  readonly timer: Clock["timer"];
  readonly #system: Clock;
  readonly #builtAt: number;
  /** Wall minus monotonic, as everybody here sees it. */
  #offset: number;

  /** `builtAt` (epoch ms): where it starts when the system's clock cannot be believed at all. */
  constructor(system: Clock, builtAt: number) {
    this.#system = system;
    this.#builtAt = builtAt;
    this.monotonicMs = () => system.monotonicMs();
    this.sleep = (ms, options) => system.sleep(ms, options);
    this.timer = (ms, fire) => system.timer(ms, fire);
    this.#offset = (this.isBelievable ? system.now() : builtAt) - system.monotonicMs();
  }

  now(): number {
    const wall = this.#system.now();
    const shown = this.#system.monotonicMs() + this.#offset;
    if (Math.abs(wall - shown) > SLEW_MS) return Math.floor(shown);
    this.#offset += wall - shown;
    return wall;
  }

  /** False: the system's clock shows a time in which this program cannot be running. */
  get isBelievable(): boolean {
    return this.#system.now() <= this.#builtAt + BELIEVED_AFTER_BUILD_MS;
  }

  /** What the system's clock shows. */
  get systemNow(): number {
    return this.#system.now();
  }

  /** How far the system's clock is ahead of this one; 0 unless it was set. */
  get stepMs(): number {
    const shown = this.now();
    const ahead = this.#system.now() - shown;
    return Math.abs(ahead) > SLEW_MS ? ahead : 0;
  }

  /** Shows the system's time from now on. Returns by how much that is another one. */
  follow(): number {
    const step = this.stepMs;
    this.#offset += step;
    return step;
  }
}
