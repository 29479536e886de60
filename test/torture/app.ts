/** An app that answers what it is told, takes its time, and is restarted now and then. */
import { type Behaviour, says, WebhookSink } from "../harness/webhook-sink.ts";
import { beginningOf, type Told } from "./history.ts";

const SLOWEST_ANSWER_MS = 10;
const TOKEN = "i-twilio-idempotency-token";

export class App {
  readonly told: Told[] = [];
  readonly port: number;
  readonly #random: () => number;
  #sink: WebhookSink;

  private constructor(sink: WebhookSink, random: () => number) {
    this.#sink = sink;
    this.port = sink.port;
    this.#random = random;
    this.#serve();
  }

  static async start(random: () => number): Promise<App> {
    return new App(await WebhookSink.start(), random);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Away for so long; what it was being told is cut off. */
  async restart(awayMs: number): Promise<void> {
    await this.#sink.stop();
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    this.#sink = await WebhookSink.start(this.port);
    this.#serve();
  }

  stop(): Promise<void> {
    return this.#sink.stop();
  }

  #serve(): void {
    const answer: Behaviour = (response, request) => {
      const { MessageSid: sid = "", SmsStatus: status = "", Body: body = "" } = request.params;
      const text = beginningOf(body);
      // Every fourth text is answered with one, always the same ones.
      const isReplied = request.path === "/sms" && Number(/\d+/.exec(text)?.[0]) % 4 === 0;
      this.told.push({
        token: String(request.headers[TOKEN]),
        kind: request.path === "/sms" ? "inbound" : "status",
        sid,
        status,
        text,
        toldAt: performance.now(),
        isReplied,
      });
      const answered = isReplied
        ? says(200, "text/xml", `<Response><Message>re ${text}</Message></Response>`)
        : says(204, null);
      setTimeout(() => answered(response, request), this.#random() * SLOWEST_ANSWER_MS);
    };
    this.#sink.at("/sms", answer).at("/status", answer);
  }
}
