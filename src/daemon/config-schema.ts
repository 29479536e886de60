/** The configuration file (DESIGN §3), key by key. Unknown keys are refused by `config.ts` with a suggestion. */
import { z } from "zod";

const lineName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,31}$/,
    "a line's name is 1 to 32 of a-z, 0-9 and -, beginning with a letter or digit",
  );
const e164 = z
  .string()
  .regex(/^\+[1-9]\d{1,14}$/, 'a number is written in E.164, e.g. "+33639980001" (in quotes)');
const segmentsPerSecond = z.union([z.number().positive(), z.literal("unlimited")]);
const country = z.string().regex(/^[A-Z]{2}$/, "a country is its two capital letters, e.g. FR");
const port = z.number().int().min(0).max(65535);

/** Typed to the modem as it stands, so nothing in it may end a line, open a prompt or cost a try of the PIN. */
const initCommand = z
  .string()
  .regex(
    /^AT[\x20-\x7e]{1,200}$/i,
    "an init command is one line of printable characters that begins with AT (no line end, ESC or Ctrl-Z), in single quotes: 'AT+QCFG=\"ims\",1'",
  )
  .refine((command) => !/\+CPIN\s*=/i.test(command), "the PIN has a key of its own: `pin`")
  .refine(
    (command) => !/\+CMG[SWC]\b|^ATD|;\s*D/i.test(command),
    "an init command may not send, store or call",
  );
/** What the SIM's or the carrier's contract allows; days and months are the site's. */
const plan = z.strictObject({
  segmentsPerMinute: z.number().int().positive().optional(),
  segmentsPerHour: z.number().int().positive().optional(),
  segmentsPerDay: z.number().int().positive().optional(),
  segmentsPerMonth: z.number().int().positive().optional(),
  recipientsPerMonth: z.number().int().positive().optional(),
  warnAtPercent: z.number().min(1).max(100).default(80),
  monthStartsOn: z
    .number()
    .int()
    .min(1)
    .max(28, "a plan's month begins on a day that every month has: 1 to 28")
    .default(1),
});
/** Where the line's numbers are at home: what AvailablePhoneNumbers searches and shows. */
const place = z.strictObject({
  region: z.string().min(1).optional(),
  locality: z.string().min(1).optional(),
  postalCode: z.string().min(1).optional(),
  rateCenter: z.string().min(1).optional(),
  lata: z.string().min(1).optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

const modemLine = z.strictObject({
  name: lineName,
  type: z.literal("modem"),
  /** A serial path, a modem to look for, `tcp://host:port`, or `sim:` for the in-memory modem. */
  device: z
    .string()
    .min(1)
    .regex(
      /^(sim:|tcp:\/\/[^:/]+:\d+$|\/|auto$|imei:\d{14,16}$|iccid:\d{18,20}$|usb:[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$|usb:\d+-\d+(\.\d+)*$)/,
      "device is a path (/dev/…), tcp://host:port, sim:, or a modem to look for: auto, imei:…, iccid:…, usb:VENDOR:PRODUCT or usb:PLACE (as in usb:1-1.2)",
    ),
  baudRate: z.number().int().positive().default(115200),
  number: e164.optional(),
  pin: z
    .string()
    .regex(/^\d{4,8}$/, 'a PIN is 4 to 8 digits, in quotes: "0000"')
    .optional(),
  smsc: e164.optional(),
  /** Given at each start of the modem, after what its model needs. */
  init: z.array(initCommand).max(20).optional(),
  segmentsPerSecond: segmentsPerSecond.optional(),
  /** Run when the modem is gone or hangs and nothing milder has helped: a program and its arguments, no shell. */
  resetCommand: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(20)
    .refine(([program]) => program?.startsWith("/") ?? true, {
      message:
        'a reset command is a list that begins with the full path of a program, e.g. ["/usr/sbin/uhubctl", "-l", "1-1", "-a", "cycle"]',
    })
    .optional(),
  incomingCalls: z.enum(["hang-up", "ignore"]).optional(),
  /** Logs the wire, texts and numbers masked. */
  trace: z.boolean().optional(),
  /** The SMPP line that takes over its queue when it has been down for so long. */
  fallback: lineName.optional(),
  fallbackAfterSeconds: z.number().min(0).max(86_400).optional(),
  plan: plan.optional(),
  place: place.optional(),
});

const addressKind = z
  .strictObject({
    ton: z.number().int().min(0).max(255).optional(),
    npi: z.number().int().min(0).max(255).optional(),
  })
  .prefault({});
const octet = z.number().int().min(0).max(255);

/** Names and numbers are those of SMPP 3.4. */
const smppLine = z.strictObject({
  name: lineName,
  type: z.literal("smpp"),
  /** `sim:` is an SMSC in memory. */
  url: z
    .string()
    .regex(
      /^(sim:$|smpps?:\/\/[^\s/]+$)/,
      "url is smpp://system_id:password@host:2775, smpps://… for TLS, or sim: for an SMSC in memory",
    ),
  bind: z.enum(["transceiver", "transmitter", "receiver", "pair"]).default("transceiver"),
  binds: z.number().int().min(1).max(16).default(1),
  numbers: z
    .array(z.string().min(1))
    .min(
      1,
      'at least one number is needed: the senders that the carrier allows, such as ["+33755500001", "36123"]',
    ),
  window: z.number().int().min(1).max(1000).default(10),
  segmentsPerSecond: segmentsPerSecond.optional(),
  maxSegmentsPerSecond: segmentsPerSecond.default("unlimited"),
  systemType: z.string().max(12, "must be at most 12 characters").default(""),
  /** YAML reads 3.4 as a number: there is nothing else it could mean. */
  interfaceVersion: z
    .preprocess(
      (value) => (typeof value === "number" ? value.toFixed(1) : value),
      z.enum(["3.3", "3.4", "5.0"]),
    )
    .default("3.4"),
  addressRange: z
    .strictObject({ ton: octet.default(0), npi: octet.default(0), range: z.string().max(40).default("") })
    .prefault({}),
  /** For `smpps://`: PEM files. */
  tls: z
    .strictObject({
      ca: z.string().min(1).optional(),
      cert: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
      verify: z.boolean().default(true),
    })
    .optional(),
  enquireLinkSeconds: z.number().min(1).max(3600).default(30),
  responseTimeoutSeconds: z.number().min(1).max(600).default(30),
  alphabet: z.enum(["gsm7", "latin1", "ucs2"]).default("gsm7"),
  smscAlphabet: z.enum(["gsm7", "latin1"]).default("gsm7"),
  dataCoding: z
    .strictObject({ gsm7: octet.default(0), latin1: octet.default(3), ucs2: octet.default(8) })
    .prefault({}),
  longMessages: z.enum(["udh", "sar", "payload"]).default("udh"),
  source: addressKind,
  destination: addressKind,
  registeredDelivery: z.boolean().default(true),
  messageIds: z.enum(["auto", "same", "receipt-decimal", "receipt-hex"]).default("auto"),
  inboundWindow: z.number().int().min(1).max(10_000).default(50),
  plan: plan.optional(),
  place: place.optional(),
});

const keywordList = z.array(z.string().min(1).max(32)).optional();
const replyText = z.string().max(1600).optional();
/** A language of the answers to STOP, START and HELP; what is not said stays as it is built in. */
const optOutLanguage = z.strictObject({
  keywords: z.strictObject({ stop: keywordList, start: keywordList, help: keywordList }).optional(),
  replies: z.strictObject({ stop: replyText, start: replyText, help: replyText }).optional(),
});

export const configSchema = z.strictObject({
  http: z
    .strictObject({
      host: z.string().min(1).default("0.0.0.0"),
      port: port.default(8080),
      tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }).optional(),
    })
    .prefault({}),
  mdns: z
    .strictObject({
      enabled: z.boolean().default(false),
      name: z
        .string()
        .regex(
          /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i,
          "a name on the network is 1 to 63 letters, digits and -, without .local",
        )
        .default("pylone"),
    })
    .prefault({}),
  dataDir: z.string().min(1).default("/var/lib/pylone"),
  site: z
    .strictObject({
      country: country.default("FR"),
      timezone: z.string().min(1).default("Europe/Paris"),
    })
    .prefault({}),
  account: z
    .strictObject({
      sid: z.string().regex(/^AC[0-9a-f]{32}$/, "an account SID is AC and 32 hex digits"),
      authToken: z.string().regex(/^[A-Za-z0-9]{16,64}$/, "an auth token is 16 to 64 letters and digits"),
    })
    .optional(),
  lines: z
    .array(z.discriminatedUnion("type", [modemLine, smppLine]))
    .min(
      1,
      "at least one line is needed; a first one to try: { name: sim1, type: modem, device: 'sim:', number: '+33639980001' }",
    ),
  webhook: z
    .strictObject({
      timeoutMs: z.number().int().min(100).max(60_000).default(15_000),
      retryForHours: z.number().positive().max(720).default(48),
      replyWithinMinutes: z.number().positive().default(60),
      verifyTls: z.boolean().default(true),
    })
    .prefault({}),
  inbound: z.strictObject({ incompleteAfterHours: z.number().positive().max(720).default(24) }).prefault({}),
  outbound: z
    .strictObject({
      onUnknownOutcome: z.enum(["resend", "fail"]).default("resend"),
      unknownOutcomeWaitSeconds: z.number().min(0).max(3600).default(60),
      maxQueued: z.number().int().positive().default(100_000),
      mediaUrl: z.enum(["refuse", "ignore"]).default("refuse"),
      countries: z.array(country).min(1, "name at least one country, or leave the key out").optional(),
    })
    .prefault({}),
  optOut: z
    .strictObject({
      enabled: z.boolean().default(true),
      language: z
        .string()
        .regex(/^(auto|[a-z]{2})$/, "a language is its two small letters, e.g. fr, or auto")
        .default("auto"),
      languages: z
        .record(
          z.string().regex(/^[a-z]{2}$/, "a language is its two small letters, e.g. fr"),
          optOutLanguage,
        )
        .default({}),
    })
    .prefault({}),
  backup: z
    .strictObject({
      at: z
        .string()
        .regex(/^(([01]\d|2[0-3]):[0-5]\d|never)$/, 'a time of day in quotes, as "03:30", or never')
        .default("03:30"),
      keep: z.number().int().min(1).max(1000).default(7),
      folder: z.string().min(1).optional(),
    })
    .prefault({}),
  retention: z
    .strictObject({
      messagesDays: z.number().positive().default(400),
      messagesMax: z.number().int().positive().optional(),
      redactBodiesAfterDays: z.number().positive().optional(),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigIssue = z.core.$ZodIssue;

/** The schema as data: `config-problems.ts` looks up in it which keys exist where. */
export type ConfigShape = {
  readonly properties?: Readonly<Record<string, ConfigShape>>;
  /** Of keys that are anyone's to name. */
  readonly additionalProperties?: ConfigShape | boolean;
  readonly items?: ConfigShape;
  readonly oneOf?: readonly ConfigShape[];
  readonly const?: unknown;
};

export function configShape(): ConfigShape {
  return z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as ConfigShape;
}
export type LineConfig = Config["lines"][number];
export type ModemLineConfig = Extract<LineConfig, { type: "modem" }>;
export type SmppLineConfig = Extract<LineConfig, { type: "smpp" }>;
