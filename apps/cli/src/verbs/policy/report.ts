import { Fault } from '@countersign/contract';
import { askedText, number } from '../../asked-text.js';
import { EXIT } from '../../exit.js';
import { openPolicy, POLICY } from '../../policy-source.js';
import { progress } from '../../progress.js';
import { recordedAnswers, TRAFFIC } from '../../recorded.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';

export const policyReport = verb({
  name: 'policy report',
  summary: 'how often people are asked, and which rules that is due to',
  about:
    'Counts the answers of policy in the record: how many requests were held, and the few rules that account for most of them. ' +
    '"alone" is how many nobody would be asked about without that rule. With --policy it counts what that policy would say ' +
    'instead: whom it would have asked.',
  options: {
    ...TRAFFIC,
    policy: { type: 'string', value: POLICY, help: 'what this policy would have asked, not what was asked' },
  },
  examples: [
    'countersign policy report --since 7d',
    'countersign policy report --from ledger.jsonl --policy ./my-policies --json',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, config, terminal, client, stdin, signal, now }) {
    const { from = 'live', since, until, policy } = values;
    const { AskedTally } = await import('@countersign/policy');
    const { lostParts, recordedInput, recordedRuling, rulingOf } = await import('@countersign/policy/authoring');
    const engine = policy === undefined ? undefined : await openPolicy(policy, { config, terminal, client });
    const tally = new AskedTally();
    const effects = { allow: 0, require_approval: 0, deny: 0 };
    const tell = progress(terminal, 'requests counted');
    let [done, left] = [0, 0];
    for await (const event of recordedAnswers({ from, since, until, client, stdin, signal, now: now() })) {
      tell((done += 1));
      if (engine && lostParts(event).length > 0) {
        left += 1;
        continue;
      }
      const { effect, rules } = engine ? rulingOf(engine.evaluate(recordedInput(event))) : recordedRuling(event);
      effects[effect] += 1;
      tally.add({ effect, reasons: rules.map((rule) => ({ rule })) });
    }
    const report = tally.report();
    if (report.requests === 0) throw new Fault('nothing-to-report', 'that part of the record has no answers of policy');
    const revision = engine ? { policy: engine.revision } : {};
    if (terminal.json) terminal.value({ ...revision, effects, not_replayable: left, ...report });
    else {
      for (const line of askedText(engine ? 'would be asked' : 'were asked', report)) terminal.print(line);
      terminal.print(say`${number(effects.allow)} allowed, ${number(effects.deny)} denied without asking anybody`);
      if (left > 0)
        terminal.print(say`${number(left)} left out: they were too large to be recorded whole`.styled('yellow'));
    }
    return EXIT.ok;
  },
});
