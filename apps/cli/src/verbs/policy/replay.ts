import { Fault } from '@countersign/contract';
import type { Change } from '@countersign/policy/authoring';
import { EXIT, UsageError } from '../../exit.js';
import { openPolicy, POLICY } from '../../policy-source.js';
import { progress } from '../../progress.js';
import { recordedAnswers, TRAFFIC } from '../../recorded.js';
import { changeText, replayText } from '../../replay-text.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';

export const policyReplay = verb({
  name: 'policy replay',
  summary: 'see what a change of policy would do to past traffic',
  about:
    'Asks a candidate what was asked before, each request with the time, directory and history it had then, and compares with ' +
    'what policy said then. Prints every decision that would be looser: allowed or asked about instead of denied, allowed ' +
    'instead of asked about, or asked about with fewer people, more time or fewer demands. Then how many answers change from ' +
    'what to what, and how often people would be asked. Ends with 1 when anything is looser, unless --allow-loosened. ' +
    'Reads the record once, in constant memory. A limit is judged by the history that was recorded, not by what the candidate ' +
    'would have allowed. With --json: a line {"type":"change",…} for each one listed, then a line {"type":"summary",…}.',
  options: {
    ...TRAFFIC,
    policy: { type: 'string', value: POLICY, help: 'the candidate (COUNTERSIGN_POLICIES, policies)' },
    against: { type: 'string', value: POLICY, help: 'compare with this policy instead of with the record' },
    'allow-loosened': { type: 'boolean', help: 'end with 0 although something is looser' },
    all: { type: 'boolean', help: 'list what is stricter too' },
  },
  examples: [
    'countersign policy replay --from live --since 7d --policy ./my-policies',
    'countersign audit export --bodies | countersign policy replay --from - --policy candidate.tar.gz --json',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, config, terminal, client, stdin, signal, now }) {
    const { from, since, until, against } = values;
    if (!from) throw new UsageError('which requests? add --from: a file that audit export wrote, "-", or live');
    const traffic = recordedAnswers({ from, since, until, client, stdin, signal, now: now() });
    const source = values.policy ?? config.policies;
    const candidate = await openPolicy(source, { config, terminal, client });
    const { Replay } = await import('@countersign/policy/authoring');
    const replay = new Replay(candidate, against ? await openPolicy(against, { config, terminal, client }) : undefined);
    const tell = progress(terminal, 'requests replayed');
    const list = (change: Change) =>
      terminal.json ? terminal.value({ type: 'change', ...change }, 0) : terminal.print(changeText(change));
    for await (const event of traffic) {
      const change = replay.add(event);
      if (change && (values.all || change.kind === 'loosened')) {
        list(change);
        await terminal.drained();
      }
      tell(replay.requests);
    }
    const summary = replay.summary();
    if (summary.requests === 0) {
      const [why = 'that part of the record has no answers of policy'] = Object.keys(summary.not_replayable);
      throw new Fault('nothing-to-replay', `no request could be replayed: ${why}`);
    }
    const ok = summary.loosened === 0 || values['allow-loosened'] === true;
    if (terminal.json) terminal.value({ type: 'summary', ok, candidate: candidate.revision, ...summary }, 0);
    else {
      terminal.print(say``);
      for (const line of replayText(summary)) terminal.print(line);
    }
    return ok ? EXIT.ok : EXIT.fault;
  },
});
