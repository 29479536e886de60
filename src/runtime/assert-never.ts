/** Ends a `switch` over one of our own unions: a new member breaks the build, not the night. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
