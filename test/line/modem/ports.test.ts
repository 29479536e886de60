import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFault } from "../../../src/line/modem/serial-port.ts";
import { openTcpPort } from "../../../src/line/modem/tcp-port.ts";

const NEVER = new AbortController().signal;

describe("a serial port that cannot be opened", () => {
  test.each([
    {
      error: "Error: No such file or directory, cannot open /dev/ttyUSB0",
      message: "/dev/ttyUSB0 does not exist: plug the modem in or correct `device`",
    },
    { error: "Error: Permission denied, cannot open /dev/ttyUSB0", message: /dialout/ },
    {
      error: "Error Resource temporarily unavailable Cannot lock port",
      message: /in use.*fuser -v \/dev\/ttyUSB0/,
    },
    { error: "Error: Device or resource busy, cannot open /dev/ttyUSB0", message: /in use/ },
    { error: "Inappropriate ioctl for device", message: /not a serial port/ },
    { error: "something new", message: /^\/dev\/ttyUSB0 cannot be opened: something new$/ },
  ])("says what, where and the mend: $error", ({ error, message }) => {
    const fault = openFault("/dev/ttyUSB0", new Error(error));
    expect(fault).toMatchObject({ code: "line.closed", disposition: "line" });
    expect(fault.message).toMatch(message);
  });
});

describe("a TCP port", () => {
  let server: Server | null = null;
  let connected: (socket: Socket) => void = () => undefined;
  let caller: Promise<Socket>;

  beforeEach(() => {
    caller = new Promise((resolve) => {
      connected = resolve;
    });
  });

  afterEach(async () => {
    if (server !== null) await new Promise((resolve) => server?.close(resolve));
    server = null;
  });

  async function listen(): Promise<number> {
    server = createServer((socket) => connected(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  test("carries bytes both ways", async () => {
    const port = await openTcpPort("127.0.0.1", await listen())(NEVER);
    const heard = new Promise<string>((resolve) =>
      port.onData((bytes) => resolve(Buffer.from(bytes).toString())),
    );
    await port.write(Buffer.from("AT\r"));
    const socket = await caller;
    const [typed] = (await once(socket, "data")) as [Buffer];
    expect(typed.toString()).toBe("AT\r");
    socket.write("\r\nOK\r\n");
    expect(await heard).toBe("\r\nOK\r\n");
    await port.close();
    await port.close();
    socket.destroy();
  });

  test("tells once when the other end goes, with its address and what to look at, and takes nothing more", async () => {
    const number = await listen();
    const port = await openTcpPort("127.0.0.1", number)(NEVER);
    const reasons: string[] = [];
    const closed = new Promise<void>((resolve) =>
      port.onClose((reason) => {
        reasons.push(reason);
        resolve();
      }),
    );
    (await caller).end();
    await closed;
    await port.close();
    expect(reasons).toEqual([
      `tcp://127.0.0.1:${number} closed the connection: see there whether ser2net runs, whether the modem is plugged in, and whether another program is connected`,
    ]);
    await expect(port.write(Buffer.from("AT\r"))).rejects.toThrow();
  });

  test("that breaks says where", async () => {
    const number = await listen();
    const port = await openTcpPort("127.0.0.1", number)(NEVER);
    const closed = new Promise<string>((resolve) => port.onClose(resolve));
    (await caller).resetAndDestroy();
    expect(await closed).toMatch(
      `tcp://127.0.0.1:${number} broke the connection (read ECONNRESET): see there`,
    );
  });

  test("that nobody listens on says so, and how to mend it", async () => {
    const free = await listen();
    await new Promise((resolve) => server?.close(resolve));
    server = null;
    await expect(openTcpPort("127.0.0.1", free)(NEVER)).rejects.toMatchObject({
      code: "line.closed",
      disposition: "line",
      message: `tcp://127.0.0.1:${free} refuses the connection: start ser2net (or the simulator) there, or correct \`device\``,
    });
  });

  test("is not opened for somebody who has gone", async () => {
    await expect(
      openTcpPort("127.0.0.1", await listen())(AbortSignal.abort(new Error("gone"))),
    ).rejects.toThrow("gone");
  });
});
