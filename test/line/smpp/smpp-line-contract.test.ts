import { textOfSeptets } from "../../../src/sms/gsm7.ts";
import { describeLine } from "../line-contract.ts";
import { Conversation } from "./rig.ts";

describeLine("an SMPP bind", () => {
  const conversation = new Conversation();
  const { line, clock, smsc } = conversation;
  return Promise.resolve({
    line,
    clock,
    phoneTexts: (body) => smsc.delivers({ shortMessage: Buffer.from(body, "latin1") }),
    taken: () => smsc.taken.map(({ shortMessage }) => textOfSeptets(shortMessage, 0, 0)),
    unacknowledged: () => smsc.toDeliver.length,
    hold: () => smsc.hold(),
    refuse: () => {
      smsc.submitStatus = () => 0x0b;
      return () => {
        smsc.submitStatus = () => 0;
      };
    },
    cut: () => smsc.last.cut(),
    unreachable: () => {
      smsc.reachable = false;
      return () => {
        smsc.reachable = true;
      };
    },
    close: async () => smsc.close(),
  });
});
