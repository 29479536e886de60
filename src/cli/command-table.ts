/** Every command, in the order in which `pylone --help` lists them. A row is all that a new one needs here. */
import type { Command } from "./command.ts";
import { backupCommand } from "./commands/backup.ts";
import { configCheckCommand } from "./commands/config-check.ts";
import { credentialsCommand } from "./commands/credentials.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { linesCommand } from "./commands/lines.ts";
import { messagesCommand } from "./commands/messages.ts";
import { modemsCommand } from "./commands/modems.ts";
import { restoreCommand } from "./commands/restore.ts";
import { sendCommand } from "./commands/send.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { tlsCommand } from "./commands/tls.ts";

export const COMMANDS: readonly Command[] = [
  serveCommand,
  sendCommand,
  messagesCommand,
  linesCommand,
  eventsCommand,
  doctorCommand,
  modemsCommand,
  configCheckCommand,
  backupCommand,
  restoreCommand,
  credentialsCommand,
  tlsCommand,
  simulateCommand,
];
