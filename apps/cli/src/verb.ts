import { parseArgs } from 'node:util';
import { nearest } from '@countersign/contract';
import type { Client } from './client.js';
import type { Config } from './config.js';
import { UsageError } from './exit.js';
import type { Terminal } from './terminal.js';

// A verb is data (what --help prints, what parseArgs takes) and one function. Its options type its values.

export interface Option {
  type: 'string' | 'boolean';
  multiple?: true;
  /** What stands for the value in help: "<type:id>". */
  value?: string;
  help: string;
}

type Options = Record<string, Option>;

export type Values<O extends Options> = {
  [Name in keyof O]?: O[Name]['type'] extends 'boolean'
    ? boolean
    : O[Name]['multiple'] extends true
      ? string[]
      : string;
};

export const COMMON = {
  help: { type: 'boolean', help: 'show this' },
  json: { type: 'boolean', help: 'print JSON on stdout and messages on stderr' },
  address: { type: 'string', value: '<host:port>', help: 'gRPC address (COUNTERSIGN_ADDRESS, 127.0.0.1:7443)' },
  token: { type: 'string', value: '<token>', help: "a person's token or an agent's key (COUNTERSIGN_TOKEN)" },
  http: { type: 'string', value: '<url>', help: 'HTTP address (COUNTERSIGN_HTTP_ADDRESS, http://127.0.0.1:7480)' },
  plaintext: { type: 'boolean', help: 'no TLS to an address that is not this machine' },
} as const satisfies Options;

/** What the outside hands to a verb. */
export interface World {
  config: Config;
  terminal: Terminal;
  /** One client per run, closed when the verb is done. */
  client: () => Client;
  now: () => Date;
  /** Aborted when the person presses Ctrl-C. */
  signal: AbortSignal;
  stdin: NodeJS.ReadableStream;
}

export interface Call<O extends Options> extends World {
  values: Values<O>;
  positionals: string[];
}

interface Definition<O extends Options> {
  name: string;
  /** One line, for the overview. */
  summary: string;
  /** A paragraph, for --help. */
  about: string;
  /** What goes after the name: "[<id>]". */
  usage?: string;
  /** How many positionals there may be. */
  takes?: { min: number; max: number };
  options: O;
  examples: string[];
  /** The exit codes this verb can end with. */
  exits: number[];
  run(call: Call<O>): Promise<number>;
}

export interface Verb extends Omit<Definition<Options>, 'run'> {
  /** Reads the arguments. Throws a UsageError that says what to change. */
  parse(args: string[]): { values: Values<typeof COMMON>; run(world: World): Promise<number> };
}

export function verb<const O extends Options>(definition: Definition<O>): Verb {
  const options = { ...definition.options, ...COMMON };
  const { run, ...data } = definition;
  return {
    ...data,
    parse(args) {
      const { values, positionals } = read(definition.name, args, options);
      const { min, max } = definition.takes ?? { min: 0, max: 0 };
      const typed = values as Values<O> & Values<typeof COMMON>;
      if (!typed.help) {
        const usage = `usage: countersign ${definition.name} ${definition.usage ?? ''}`.trimEnd();
        if (positionals.length < min) throw new UsageError(`"${definition.name}" needs more: ${usage}`);
        if (positionals.length > max) throw new UsageError(`"${positionals[max]}" is one argument too many: ${usage}`);
      }
      return { values: typed, run: (world) => run({ ...world, values: typed, positionals }) };
    },
  };
}

function read(name: string, args: string[], options: Options) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [first] = error.message.split('. ');
    const typed = /^Unknown option '--([^']+)'/.exec(error.message)?.[1];
    const guess = typed && nearest(typed, Object.keys(options));
    const advice = guess ? `did you mean --${guess}?` : `see countersign ${name} --help`;
    throw new UsageError(`${first!.charAt(0).toLowerCase()}${first!.slice(1)}: ${advice}`);
  }
}
