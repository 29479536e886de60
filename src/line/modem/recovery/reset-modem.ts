/**
 * The rung that tells the modem to restart (27.007 §8.2). The command is typed blindly: a modem that answers
 * nothing may still hear. ESC goes first, because what is typed into an open prompt becomes somebody's text.
 */
import type { Clock } from "../../../runtime/clock.ts";
import type { BytePort } from "../../byte-port.ts";

export const GENERIC_RESET = "AT+CFUN=1,1";

const ESC_SETTLE_MS = 200;
/** Until the bytes have left and the modem has taken them. */
const HEARD_MS = 2000;

export async function resetModem(
  port: BytePort,
  command: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  port.onData(() => undefined);
  port.onClose(() => undefined);
  const type = (text: string) =>
    Promise.race([port.write(Buffer.from(text, "latin1")), clock.sleep(HEARD_MS, { signal })]);
  try {
    await type("\x1b\r");
    await clock.sleep(ESC_SETTLE_MS, { signal });
    await type(`${command}\r`);
    await clock.sleep(HEARD_MS, { signal });
  } catch {
    // A port that goes away here does what was wanted.
  } finally {
    await port.close();
  }
}
