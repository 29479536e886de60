/** `pylone simulate --smsc`: an SMSC as a process of its own, and a modem on the same network. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually, Site } from "../harness/program.ts";
import { COMMAND, RawEsme, RESPONSE, submitBody } from "../harness/raw-esme.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

it("takes a submit_sm to a handset, and stops when it is asked to", async () => {
  const numbers = ["--number", "+33639980001", "--number", "+33755500001", "--number", "36123"];
  const program = site.run("main.js", ["simulate", "--modem", "tcp:0", "--smsc", "0", ...numbers]);
  const [, device, control] = await program.line((line) =>
    /^modem \+33639980001 at (tcp:\S+), control at (\S+)$/.exec(line),
  );
  const [, port, sameControl] = await program.line((line) =>
    /^smsc of \+33755500001, 36123 at smpp:\/\/127\.0\.0\.1:(\d+), control at (\S+)$/.exec(line),
  );
  expect([device, sameControl]).toEqual([expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/), control]);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const esme = new RawEsme(socket);
  esme.send(COMMAND.bind_transceiver, Buffer.from("any\0any\0\0\x34\0\0\0", "latin1"));
  esme.send(COMMAND.submit_sm, submitBody({ octets: "Gate" }));
  const submitted = await eventually(
    async () => (await esme.heard()).find(({ command }) => command === RESPONSE + COMMAND.submit_sm) ?? null,
  );
  expect(submitted.status).toBe(0);
  const body = await eventually(async () => {
    const { messages } = (await (await fetch(`${control}/Messages`)).json()) as {
      messages: { body: string }[];
    };
    return messages[0]?.body ?? null;
  });
  expect(body).toBe("Gate");
  expect((await program.end()).code).toBe(0);
});
