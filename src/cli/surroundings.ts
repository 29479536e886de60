/** What a command is given of the process it runs in: read once, in `main.ts`. */
export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  /** The path this program was started by. */
  readonly program: string;
  /** True when a person reads standard output. */
  readonly isTerminal: boolean;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
};
