/**
 * Lines that lost the line end between them. Seen with listings, where the next header stands right behind the hex,
 * and with announcements that fall into another line's end. Only what cannot be anything else is parted: a header
 * behind hex, and an announcement with its storage and index before or behind any text that has no quote open.
 */
const AFTER_HEX = /^([0-9A-Fa-f]{2,})(\+[A-Z]+:.*)$/;
const ANNOUNCEMENT = /\+C(?:MTI|DSI): ?"[A-Z]{2}", ?\d+/;

export function partsOf(line: string): readonly string[] {
  const afterHex = AFTER_HEX.exec(line);
  if (afterHex !== null) return [afterHex[1] ?? "", ...partsOf(afterHex[2] ?? "")];
  const announced = ANNOUNCEMENT.exec(line);
  if (announced === null || announced[0] === line) return [line];
  const before = line.slice(0, announced.index);
  // Somebody's text, or an echo, that only mentions one.
  if (before.split('"').length % 2 === 0 || /^AT/i.test(before)) return [line];
  const behind = line.slice(announced.index + announced[0].length);
  // Further fields of the announcement itself.
  if (/^\s*,/.test(behind)) return before === "" ? [line] : [before, `${announced[0]}${behind}`];
  return [before, announced[0], ...partsOf(behind)].map((part) => part.trim()).filter((part) => part !== "");
}
