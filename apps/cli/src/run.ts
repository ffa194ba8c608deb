import { nearest } from '@countersign/contract';
import { Client } from './client.js';
import { completeUrl, parseConfig, type Config } from './config.js';
import { EXIT, UsageError } from './exit.js';
import { renderProblem, toProblem } from './fault.js';
import { renderHelp, renderOverview } from './help.js';
import { say, Terminal, type Streams } from './terminal.js';
import type { COMMON, Values, Verb } from './verb.js';
import { VERBS } from './verbs.js';
import { VERSION } from './version.js';

export interface Surroundings extends Streams {
  env: Record<string, string | undefined>;
  now: () => Date;
  signal: AbortSignal;
}

/** One command line, from words to exit code. Only a bug throws. */
export async function run(args: string[], around: Surroundings): Promise<number> {
  // Read before anything is parsed, so that even a usage error is JSON for those who asked for JSON.
  const terminal = new Terminal(around, { json: args.includes('--json'), noColour: Boolean(around.env['NO_COLOR']) });
  let client: Client | undefined;
  let address = '';
  try {
    const overview = wantsOverview(args, terminal);
    if (overview !== undefined) return overview;
    const { verb, rest } = findVerb(args[0] === 'help' ? [...args.slice(1), '--help'] : args);
    const { values, run } = verb.parse(rest);
    if (values.help) {
      terminal.print(renderHelp(verb));
      return EXIT.ok;
    }
    const config = override(parseConfig(around.env), values);
    address = config.address;
    const open = () => (client ??= new Client({ ...config, plaintext: values.plaintext ?? false, version: VERSION }));
    return await run({ config, terminal, client: open, now: around.now, signal: around.signal, stdin: around.stdin });
  } catch (error) {
    const problem = toProblem(error, address);
    if (!problem) throw error;
    const { exit, ...shown } = problem;
    if (terminal.json) terminal.value({ error: shown });
    else terminal.warn(renderProblem(problem));
    return exit;
  } finally {
    client?.close();
  }
}

function wantsOverview(args: string[], terminal: Terminal): number | undefined {
  const words = args.filter((arg) => arg !== '--json');
  const all = ['--help', '-h'].includes(words[0] ?? '--help') || (words[0] === 'help' && words.length === 1);
  if (all) {
    terminal.print(renderOverview(VERBS));
    return words.length === 0 ? EXIT.usage : EXIT.ok;
  }
  if (words[0] === '--version') {
    terminal.print(say`${VERSION}`);
    return EXIT.ok;
  }
  return undefined;
}

/** The verb is the first one or two words, before any option. */
function findVerb(args: string[]): { verb: Verb; rest: string[] } {
  const [first = '', second = ''] = args;
  const both = VERBS.find(({ name }) => name === `${first} ${second}`);
  if (both) return { verb: both, rest: args.slice(2) };
  const one = VERBS.find(({ name }) => name === first);
  if (one) return { verb: one, rest: args.slice(1) };
  const family = VERBS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  const typed = family.length > 0 && !second.startsWith('-') ? `${first} ${second}`.trim() : first;
  const guess =
    nearest(
      typed,
      VERBS.map(({ name }) => name),
    ) ??
    nearest(
      `${first} ${second}`,
      VERBS.map(({ name }) => name),
    );
  if (guess) throw new UsageError(`there is no verb "${typed}": did you mean "${guess}"?`);
  if (family.length > 0) throw new UsageError(`"${first}" needs one more word: ${family.join(', ')}`);
  throw new UsageError(`there is no verb "${typed}": "countersign help" lists them`);
}

function override(config: Config, values: Values<typeof COMMON>): Config {
  return {
    ...config,
    address: values.address ?? config.address,
    httpUrl: values.http ? completeUrl(values.http) : config.httpUrl,
    ...(values.token ? { token: values.token } : {}),
  };
}
