/** The vector files, typed. `test/vectors` holds our own; another folder may hold those of public test suites. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const OWN_VECTORS = new URL("../vectors", import.meta.url).pathname;

export type AddressVector = { number: string; toa: number; ton: number; npi: number; addressLength: number };

type NetworkVector = {
  id: string;
  pdu: string;
  tpduLength: number;
  firstOctet: number;
  smsc?: string | null;
  scts: string | null;
  source?: string;
};

export type DeliverVector = NetworkVector & {
  type: "SMS-DELIVER";
  sender: AddressVector;
  moreMessagesToSend: boolean;
  statusReportIndication: boolean;
  udhi: boolean;
  replyPath: boolean;
  pid: number;
  dcs: number;
  udl: number;
  alphabet: "gsm7" | "8bit" | "ucs2";
  messageClass: number | null;
  messageWaiting: { store: boolean; active: boolean; type: string } | null;
  udh?: { iei: number; data: string }[];
  ports?: { destination: number; source: number };
  concat?: { ref: number; refBits: number; total: number; seq: number };
  nationalLanguage?: { locking: number; single: number };
  text?: string;
  data?: string;
};

export type StatusReportVector = NetworkVector & {
  type: "SMS-STATUS-REPORT";
  messageReference: number;
  recipient: AddressVector;
  discharge: string | null;
  status: number;
};

export type SubmitVector = {
  id: string;
  params: {
    to: string;
    toToa?: number;
    smsc?: string;
    smscToa?: number;
    text?: string;
    data?: string;
    encoding?: "auto" | "8bit" | "ucs2";
    messageClass?: 0 | 1 | 2 | 3;
    validity?: { minutes?: number; absolute?: string; tpVp?: number };
    statusReport?: boolean;
    rejectDuplicates?: boolean;
    replyPath?: boolean;
    mr?: number;
    pid?: number;
    concatRef?: number;
    concatRefBits?: 8 | 16;
    ports?: { destination: number; source: number };
    nationalLanguage?: { locking: number; single: number };
  };
  expected: { pdu: string; cmgsLength: number }[];
  source?: string;
};

export type PackingVector = {
  text: string;
  septets?: number[];
  septetCount?: number;
  packed: string;
  fillBits: number;
  nationalLanguage?: { locking: number; single: number };
  source?: string;
};

export type MalformedVector = { pdu: string; defect?: string; source?: string };
export type ReassemblySet = { id: string; arrivalOrder: string[]; text: string; note: string };
export type TableVector = Record<string, string>;

type Files = {
  "gsm7-default": { basic: TableVector; extension: TableVector };
  "gsm7-national": {
    languages: Record<string, { name: string; locking?: TableVector; single: TableVector }>;
  };
  "gsm7-packing": { vectors: PackingVector[] };
  "pdu-deliver": { vectors: (DeliverVector | StatusReportVector)[] };
  "pdu-submit": { vectors: SubmitVector[]; validityRoundUp: { minutes: number; tpVp: number }[] };
  "pdu-malformed": { vectors: MalformedVector[] };
  "pdu-reassembly": { sets: ReassemblySet[] };
  "tp-status": { codes: { code: number; state: string; text: string }[] };
};

export function vectorFile<Name extends keyof Files>(name: Name, folder = OWN_VECTORS): Files[Name] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Files[Name];
}
