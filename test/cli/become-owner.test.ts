import { expect, it } from "vitest";
import { ownerToBecome } from "../../src/cli/become-owner.ts";

it.each([
  { self: 0, owner: { uid: 107, gid: 112 }, becomes: { uid: 107, gid: 112 } },
  { self: 0, owner: { uid: 0, gid: 0 }, becomes: null },
  { self: 107, owner: { uid: 107, gid: 112 }, becomes: null },
  { self: 1000, owner: { uid: 107, gid: 112 }, becomes: null },
])("user $self beside a folder of $owner.uid becomes $becomes", ({ self, owner, becomes }) => {
  expect(ownerToBecome(self, owner)).toEqual(becomes);
});
