// A process of its own that accepts messages as fast as it can and writes the SID of each one that was
// acknowledged on a line of its own (a pipe is written at once). Ends when it is killed or when its store is.
import { randomBytes } from "node:crypto";
import { openStore } from "../../dist/store/open-store.js";

const [, , dataDir, callers] = process.argv;
const report = (line) => process.stdout.write(`${line}\n`);

const store = await openStore({
  dataDir,
  onFatal: async (fault) => {
    report(`fatal ${fault.code}`);
    await store.ping(0).catch((error) => report(`later ${error.code}`));
    await store.close();
    report("closed");
  },
}).catch((error) => {
  report(`refused ${error.code} ${error.message}`);
  process.exit(1);
});
report("opened");

let key = 800_000_000_000_000;

function newMessage() {
  key += 1;
  return {
    sid: `SM${key.toString(16).padStart(14, "0")}${randomBytes(9).toString("hex")}`,
    accountSid: `AC${"a".repeat(32)}`,
    direction: "outbound-api",
    from: "+33639980001",
    to: "+33639980002",
    body: "Bonjour",
    alphabet: "gsm7",
    parts: ["Bonjour"],
    messagingServiceSid: null,
    statusCallback: null,
    queue: "+33639980001",
    lane: "single",
    createdAt: 0,
    expiresAt: 1e13,
    maxQueuedSegments: 1e9,
  };
}

async function acceptForEver() {
  for (;;) {
    const message = newMessage();
    try {
      await store.accept(message);
    } catch (error) {
      report(`rejected ${error.code}`);
      return;
    }
    report(message.sid);
  }
}

await Promise.all(Array.from({ length: Number(callers) }, acceptForEver));
