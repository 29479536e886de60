import { type Logger, pino } from "pino";

/** JSON lines on standard output, readable when it is a terminal. Never message text; numbers masked. */
export type Log = Logger;

export function createLog(options: { readonly readable: boolean; readonly level?: string }): Log {
  const level = options.level ?? "info";
  if (!options.readable) return pino({ level, base: null });
  return pino({
    level,
    base: null,
    transport: {
      target: "pino-pretty",
      options: { ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss", singleLine: true },
    },
  });
}

export function silentLog(): Log {
  return pino({ level: "silent" });
}

/** `+33612345678` → `+33•••••5678`: enough to recognise, not enough to dial. Short codes are shown whole. */
export function maskNumber(address: string): string {
  if (address.length <= 6) return address;
  return `${address.slice(0, 3)}•••••${address.slice(-4)}`;
}
