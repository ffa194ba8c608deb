import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Fault, SERVICES } from '@countersign/contract';
import type { RecordedAnswer } from '@countersign/policy/authoring';
import type { Client } from '../../client.js';
import { EXIT, UsageError } from '../../exit.js';
import { explanationText } from '../../explain-text.js';
import { opaProgram } from '../../opa.js';
import { working } from '../../progress.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';
import { FOLDER } from './folder.js';

export const policyExplain = verb({
  name: 'policy explain',
  summary: 'show which rules fired, which nearly did, and with which values',
  about:
    'Tests every rule that applies against the input, condition by condition. For a rule that did not fire it names the first ' +
    'condition that does not hold and the values it looked at; "nearly" is a rule that only one condition kept from firing. The ' +
    'input is that of a recorded decision, as policy was asked then, or a JSON file: a policy input, or as much of one as a ' +
    'decision case has. The rules are those of the folder; it says so when the decision was made by others.',
  usage: '<decision id | input.json | ->',
  takes: { min: 1, max: 1 },
  options: {
    ...FOLDER,
    all: { type: 'boolean', help: 'list the rules that were nowhere near too' },
  },
  examples: [
    'countersign policy explain dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C',
    `echo '{"action": {"name": "db.delete"}, "resource": {"type": "table", "id": "orders"}}' | countersign policy explain -`,
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [given], config, terminal, client, stdin }) {
    const folder = values.policies ?? config.policies;
    const opa = await opaProgram(config, terminal);
    const { explain } = await import('@countersign/policy/authoring');
    const { compileFolder, PolicyEngine } = await import('@countersign/policy');
    const decision = given!.startsWith('dec_') ? await recorded(given!, client()) : undefined;
    const input = decision ? await recordedText(decision) : await givenText(given!, stdin);
    working(terminal, 'putting each rule to the request');
    const { bundle } = await compileFolder(folder, opa);
    const verdict = new PolicyEngine(bundle).evaluate(input);
    const explanation = await explain(opa, folder, input);
    const then = decision && (await comparison(decision, bundle.revision));
    if (terminal.json) {
      const { effect, reasons, risk, approval } = verdict;
      terminal.value({
        ...(decision ? { decision_id: decision.decision_id, recorded: then } : {}),
        revision: bundle.revision,
        verdict: { effect, reasons, risk, ...(approval ? { approval } : {}) },
        ...explanation,
        input: JSON.parse(input) as unknown,
      });
      return EXIT.ok;
    }
    if (then && !then.same_revision) {
      const line = `policy said ${then.effect} then (${then.rules.join(', ')}), in another revision: ${then.revision}`;
      terminal.warn(say`${line}\nthe rules below are those of ${folder} now: ${bundle.revision}`.styled('yellow'));
    }
    terminal.print(
      say`${say`${verdict.effect}`.styled('bold')}  ${verdict.reasons.map(({ rule }) => rule).join(', ')}`,
    );
    for (const line of explanationText(explanation, values.all ?? false)) terminal.print(line);
    return EXIT.ok;
  },
});

/** The answer of policy in the record. Entries come in the order of the ledger, so it is among the first. */
async function recorded(decisionId: string, client: Client): Promise<RecordedAnswer> {
  const { isAnswer } = await import('@countersign/policy/authoring');
  const { entries } = await client.unary(SERVICES.AuditService.method.listEntries, { decisionId, pageSize: 10 });
  for (const { body } of entries) {
    if (body.length === 0)
      throw new Fault(
        'not-recorded',
        `policy hides parts of ${decisionId} from those who are asked: it takes an auditor`,
      );
    const event = JSON.parse(Buffer.from(body).toString('utf8')) as { type: string; version?: number };
    if (isAnswer(event)) return event;
  }
  throw new Fault(
    'not-recorded',
    `the ledger has nothing about ${decisionId} yet: is the id right, and is audit running?`,
  );
}

async function recordedText(event: RecordedAnswer): Promise<string> {
  const { lostParts, recordedInput } = await import('@countersign/policy/authoring');
  const [lost] = lostParts(event);
  if (lost === undefined) return recordedInput(event);
  throw new Fault(
    'not-recorded',
    `${event.decision_id} cannot be explained: its ${lost} were too large to be recorded, only their digest was`,
  );
}

async function givenText(given: string, stdin: NodeJS.ReadableStream): Promise<string> {
  const { explainable } = await import('@countersign/policy/authoring');
  const where = given === '-' ? 'standard input' : given;
  const written = await (given === '-' ? text(stdin) : readFile(given, 'utf8')).catch((error: Error) => {
    throw new UsageError(`${given} cannot be read (${error.message}): give a decision id, a JSON file or "-"`);
  });
  const read = explainable(written);
  if ('input' in read) return read.input;
  throw new UsageError(`${where} is not a policy input: ${read.problems.join('; ')}`);
}

async function comparison(event: RecordedAnswer, revision: string) {
  const { recordedRuling } = await import('@countersign/policy/authoring');
  const { effect, rules } = recordedRuling(event);
  const recordedRevision = event.data.policy.revision;
  return { effect, rules, revision: recordedRevision, same_revision: recordedRevision === revision };
}
