import type { Finding } from '@countersign/policy/authoring';
import { EXIT } from '../../exit.js';
import { opaProgram } from '../../opa.js';
import { working } from '../../progress.js';
import { joinTexts, say, type Text } from '../../terminal.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';

export const policyCheck = verb({
  name: 'policy check',
  summary: 'find what is wrong with the Rego before it serves',
  about:
    'Compiles strictly, with the builtins that policies may call and the shape of the input, so that input.actoin is an error ' +
    'with its line; looks for rules that nobody asks, that would not be understood, or whose history is always empty; loads ' +
    'the result into the engine of the service. Asks regal too where it is on PATH; what regal says is a warning. Ends with ' +
    '1 on any error. With --json: a list of {file, line, column, severity, code, message, fix}.',
  options: FOLDER,
  examples: ['countersign policy check', 'countersign policy check --policies ./my-policies --json'],
  exits: [0, 1, 2],
  async run({ values, config, terminal }) {
    const folder = values.policies ?? config.policies;
    const opa = await opaProgram(config, terminal);
    const { checkPolicies } = await import('@countersign/policy/authoring');
    working(terminal, 'reading and compiling the policies');
    const { findings, packages, regal, revision } = await checkPolicies(folder, { opa });
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    if (terminal.json) terminal.value(findings);
    else {
      for (const finding of findings) terminal.print(findingText(finding));
      const warnings = findings.length - errors;
      const word = errors > 0 ? say`failed`.styled('red') : say`ok`.styled('green');
      terminal.print(say`${word}  ${packages} packages, ${errors} errors, ${warnings} warnings`);
      if (revision) terminal.print(say`    ${revision}`.styled('dim'));
      if (!regal) terminal.print(say`    regal was not asked: it is not on PATH`.styled('dim'));
    }
    return errors > 0 ? EXIT.fault : EXIT.ok;
  },
});

function findingText({ file, line, column, severity, code, message, fix }: Finding): Text {
  const word = severity === 'error' ? say`error`.styled('red') : say`warning`.styled('yellow');
  const lines = [say`${file}:${line}:${column}  ${word}  ${message}  ${say`${code}`.styled('dim')}`];
  return joinTexts([...lines, ...(fix ? [say`    ${fix}`] : [])], '\n');
}
