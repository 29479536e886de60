/**
 * What a command of `lines[].init` may not decide, because the line decides it itself and lives by it: how answers
 * look, where messages go, whether the radio is on. A command line may hold several commands (V.250 §5.2.1).
 */

/** By name: the mend. Empty: there is no key for it, the line does what is needed. */
const OWN: Readonly<Record<string, string>> = {
  E: "",
  V: "",
  Q: "",
  Z: "",
  "&F": "",
  "+CFUN": "",
  "+CMEE": "",
  "+CMGF": "",
  "+CMGD": "",
  "+CMGL": "",
  "+CMGR": "",
  "+CNMA": "",
  "+CNMI": "",
  "+CPMS": "",
  "+CSCS": "",
  "+CSMS": "",
  "+CREG": "",
  "+CEREG": "",
  "+IPR": "the key `baudRate` sets the speed",
  "+CSCA": "the key `smsc` sets the service centre",
  "+CLIP": "the key `incomingCalls` says what is done with a call",
};

/** What is wrong with it, then the mend; null when nothing is. */
export function wrongInInit(command: string): string | null {
  const own = namesIn(command).find((name) => Object.hasOwn(OWN, name));
  if (own === undefined) return null;
  const key = OWN[own] ?? "";
  const mend = key === "" ? "remove it" : `remove it: ${key}`;
  return `the line decides AT${own} by itself and would not work with another value; ${mend}`;
}

/** The commands of one line, without their values: `ATE1V1+CFUN=1;+CREG=2` has four. */
function namesIn(command: string): string[] {
  const names: string[] = [];
  const withoutText = command.replace(/"[^"]*"?/g, "").replace(/\s/g, "");
  for (const piece of withoutText.replace(/^AT/i, "").toUpperCase().split(";")) {
    let rest = piece.replace(/^AT(?=[+&^])/, "");
    for (let basic = /^&?[A-Z]\d*(?:[=?]\d*)?/.exec(rest); basic !== null; ) {
      names.push(/^&?[A-Z]/.exec(basic[0])?.[0] ?? "");
      rest = rest.slice(basic[0].length);
      basic = /^&?[A-Z]\d*(?:[=?]\d*)?/.exec(rest);
    }
    const extended = /^[^=?]+/.exec(rest)?.[0];
    if (extended !== undefined) names.push(extended);
  }
  return names;
}
