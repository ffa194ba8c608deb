import { EXIT_MEANINGS } from './exit.js';
import { column, joinTexts, say, Text } from './terminal.js';
import { COMMON, type Option, type Verb } from './verb.js';

/** In characters: what a terminal beside an editor shows. */
const WIDTH = 110;
/** Where the help of an option begins. */
const HELP_AT = 32;

/** All verbs, with a line for each. */
export function renderOverview(verbs: readonly Verb[]): Text {
  const width = Math.max(...verbs.map((verb) => verb.name.length)) + 2;
  return joinTexts(
    [
      say`${say`countersign`.styled('bold')} <verb> [options]`,
      say`The gate in front of what AI agents do: ask it, answer it, check its record.\n`,
      ...verbs.map((verb) => say`  ${column(verb.name, width).styled('cyan')}${verb.summary}`),
      say`\nEvery verb explains itself: countersign <verb> --help\n`,
      ...exitLines(Object.keys(EXIT_MEANINGS).map(Number)),
    ],
    '\n',
  );
}

/** What one verb does, takes and ends with. */
export function renderHelp(verb: Verb): Text {
  const own = Object.entries(verb.options);
  return joinTexts(
    [
      say`${say`countersign ${verb.name}`.styled('bold')}${verb.usage ? ` ${verb.usage}` : ''} [options]\n`,
      say`${wrapped(verb.about)}\n`,
      ...(own.length > 0 ? [say`Options`.styled('bold'), ...optionLines(own), say``] : []),
      say`Options of every verb`.styled('bold'),
      ...optionLines(Object.entries(COMMON)),
      say`\n${say`Examples`.styled('bold')}`,
      ...verb.examples.map((example) => say`  ${example}`),
      say``,
      ...exitLines(verb.exits),
    ],
    '\n',
  );
}

function optionLines(options: [string, Option][]): Text[] {
  return options.map(([name, option]) => {
    const flag = `--${name}${option.value ? ` ${option.value}` : ''}${option.multiple ? ' …' : ''}`;
    const gap = flag.length > HELP_AT ? `\n${' '.repeat(HELP_AT + 2)}` : '';
    return say`  ${column(flag, gap ? 0 : HELP_AT).styled('cyan')}`
      .concat(new Text([{ text: gap }]))
      .concat(say` ${option.help}`);
  });
}

/** The words of a text in lines of at most `WIDTH` characters. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

function exitLines(codes: number[]): Text[] {
  return [say`Exit codes`.styled('bold'), ...codes.map((code) => say`  ${code}  ${EXIT_MEANINGS[code] ?? ''}`)];
}
