/** The API's resources as far as the commands read them. What `--json` prints is the whole resource, as it came. */

export type MessageView = {
  readonly sid: string;
  readonly direction: string;
  readonly from: string | null;
  readonly to: string;
  readonly body: string;
  readonly status: string;
  readonly num_segments: string;
  readonly date_created: string;
  readonly error_code: number | null;
  readonly error_message: string | null;
};

export type EventView = {
  readonly sid: string;
  readonly type: string;
  readonly level: string;
  readonly date_created: string;
  readonly text: string;
  readonly line: string | null;
};

export type LineView = {
  readonly name: string;
  readonly kind: "modem" | "smpp";
  readonly simulated: boolean;
  readonly state: string;
  readonly reason: string;
  readonly since: string;
  readonly port: string | null;
  readonly numbers: readonly { readonly phone_number: string }[];
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly imei: string | null;
  readonly iccid: string | null;
  readonly operator: string | null;
  readonly technology: string | null;
  readonly signal_dbm: number | null;
  /** When operator, technology and signal were asked last. */
  readonly network_asked: string | null;
  readonly smsc: string | null;
  readonly smsc_asked: string | null;
  readonly own_number: string | null;
  readonly storage: { readonly name: string; readonly used: number; readonly total: number } | null;
  readonly recovery: {
    readonly trouble: string;
    readonly reason: string;
    readonly next_step: string | null;
  } | null;
};

export type NumberView = { readonly phone_number: string; readonly sms_url: string };

export type HealthView = {
  readonly status: "pass" | "warn" | "fail";
  readonly checks: Readonly<
    Record<string, { readonly status: "pass" | "warn" | "fail"; readonly text: string }>
  >;
};
