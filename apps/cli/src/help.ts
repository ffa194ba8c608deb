import { EXIT_MEANINGS } from './exit.js';
import { column, joinTexts, say, type Text } from './terminal.js';
import { COMMON, type Option, type Verb } from './verb.js';

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

export function renderHelp(verb: Verb): Text {
  const own = Object.entries(verb.options);
  return joinTexts(
    [
      say`${say`countersign ${verb.name}`.styled('bold')}${verb.usage ? ` ${verb.usage}` : ''} [options]\n`,
      say`${verb.about}\n`,
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
    return say`  ${column(flag, 32).styled('cyan')} ${option.help}`;
  });
}

function exitLines(codes: number[]): Text[] {
  return [say`Exit codes`.styled('bold'), ...codes.map((code) => say`  ${code}  ${EXIT_MEANINGS[code] ?? ''}`)];
}
