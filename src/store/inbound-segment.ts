import { createHash } from "node:crypto";
import type { InboundSegment, UserData } from "../sms/message.ts";

/** A Segment as JSON; octets and septets in base64. */
export function segmentToJson(segment: InboundSegment): string {
  return JSON.stringify({ ...segment, userData: packed(segment.userData) });
}

export function segmentFromJson(json: string): InboundSegment {
  const { userData, ...rest } = JSON.parse(json) as Omit<InboundSegment, "userData"> & { userData: Packed };
  return { ...rest, userData: unpacked(userData) };
}

/** Equal for two copies of one part of a concatenated message, whenever the network stamped them. */
export function copyPrint(line: string, segment: InboundSegment): string {
  const { from, to, concatenation, userData } = segment;
  const part = JSON.stringify([line, to, from, concatenation, packed(userData)]);
  return `part ${createHash("sha256").update(part).digest("base64")}`;
}

type Packed =
  | { alphabet: "gsm7"; septets: string; lockingShift: number; singleShift: number }
  | { alphabet: "ucs2" | "8bit"; octets: string };

function packed(userData: UserData): Packed {
  if (userData.alphabet !== "gsm7") {
    return { alphabet: userData.alphabet, octets: toBase64(userData.octets) };
  }
  const { alphabet, septets, lockingShift, singleShift } = userData;
  return { alphabet, septets: toBase64(septets), lockingShift, singleShift };
}

function unpacked(userData: Packed): UserData {
  if (userData.alphabet !== "gsm7") {
    return { alphabet: userData.alphabet, octets: fromBase64(userData.octets) };
  }
  const { alphabet, septets, lockingShift, singleShift } = userData;
  return { alphabet, septets: fromBase64(septets), lockingShift, singleShift };
}

function toBase64(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64");
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
