/**
 * Is there a modem behind this port, and which? Nothing but `AT` is typed until something has said OK: other
 * commands have crashed firmware, and a diagnostics or GPS port answers nothing that looks like it. What then
 * gives 14 to 17 digits to `AT+CGSN` is a modem. The port is left open, for its owner.
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { BytePort } from "../../byte-port.ts";

export type Identity = { readonly imei: string; readonly iccid: string | null };

const TRIES = 5;
const ATTENTION_MS = 1000;
const ANSWER_MS = 3000;
const ICCID_COMMANDS: readonly string[] = ["AT+CCID", "AT+QCCID", "AT+ICCID", "AT^ICCID?"];

export async function probePort(
  port: BytePort,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly withIccid: boolean },
): Promise<Identity | null> {
  const exchange = exchangeOver(port, options.clock, options.signal);
  let attention: string | null = null;
  for (let attempt = 1; attempt <= TRIES && attention === null; attempt++) {
    attention = await exchange("AT", ATTENTION_MS);
  }
  if (attention === null) return null;
  const imei = /(?<!\d)\d{14,17}(?!\d)/.exec((await exchange("AT+CGSN", ANSWER_MS)) ?? "")?.[0];
  if (imei === undefined) return null;
  if (!options.withIccid) return { imei, iccid: null };
  for (const command of ICCID_COMMANDS) {
    const iccid = /(?<!\d)\d{18,20}(?!\d)/.exec((await exchange(command, ANSWER_MS)) ?? "")?.[0];
    if (iccid !== undefined) return { imei, iccid };
  }
  return { imei, iccid: null };
}

/** What came before OK; null for an error or silence. */
function exchangeOver(port: BytePort, clock: Clock, signal: AbortSignal) {
  let heard = "";
  let onHeard: () => void = () => undefined;
  port.onData((bytes) => {
    // Ports that spray binary are no modem's AT port: a bounded piece is enough to know.
    heard = (heard + Buffer.from(bytes).toString("latin1")).slice(-4096);
    onHeard();
  });
  return async (command: string, withinMs: number): Promise<string | null> => {
    heard = "";
    const over = new AbortController();
    const answered = new Promise<void>((resolve) => {
      onHeard = () => {
        if (FINAL.test(heard)) resolve();
      };
    });
    const late = clock.sleep(withinMs, { signal: AbortSignal.any([signal, over.signal]) });
    try {
      await port.write(Buffer.from(`${command}\r`, "latin1"));
      await Promise.race([answered, late]);
    } catch {
      signal.throwIfAborted();
      return null;
    } finally {
      over.abort();
      late.catch(() => undefined);
    }
    const final = FINAL.exec(heard);
    return final?.[1] === "OK" ? heard.slice(0, final.index) : null;
  };
}

const FINAL = /(?:^|[\r\n])(OK|ERROR|\+CM[ES] ERROR:[^\r\n]*)[\r\n]/;
