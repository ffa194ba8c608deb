import { stat } from 'node:fs/promises';
import type { Bundle } from '@countersign/policy';
import type { Change, DecisionCase } from '@countersign/policy/authoring';
import { caseChangeText, dataText, rulesText, type TitleOf } from '../../diff-text.js';
import { EXIT, UsageError } from '../../exit.js';
import { loadPolicy, openBundle } from '../../policy-source.js';
import { progress } from '../../progress.js';
import { recordedAnswers, TRAFFIC } from '../../recorded.js';
import { changeText, replayText } from '../../replay-text.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';

/** Changed decisions that are kept for --json: it is one object. */
const MOST_CHANGES = 1_000;

export const policyDiff = verb({
  name: 'policy diff',
  summary: 'how two policies differ: in their rules, their data and their answers',
  about:
    'Names the packages and rules that were added, removed and changed, and the places in the data. Then asks both about the ' +
    'decision cases of both folders, and with --from about recorded requests, and names what they answer otherwise. A policy is ' +
    'a folder, a compiled bundle, "serving" or "candidate" for what the service has, or the revision of one of these. Ends ' +
    'with 1 when they differ. With --json: {from, to, summary, packages, data, code_changed, cases, traffic}.',
  usage: '<old> <new>',
  takes: { min: 2, max: 2 },
  options: {
    ...TRAFFIC,
    cases: { type: 'string', multiple: true, value: '<folder>', help: 'a further folder with decision cases to ask' },
    full: { type: 'boolean', help: 'the texts of the rules too' },
  },
  examples: [
    'countersign policy diff policies ./my-policies',
    'countersign policy diff serving ./my-policies --from live --since 7d',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [old, young], config, terminal, client, stdin, signal, now }) {
    const { diffBundles, summaryOf } = await import('@countersign/policy');
    const { caseChanges, dataChanges, Replay, titlesOf } = await import('@countersign/policy/authoring');
    const looking = { config, terminal, client };
    const bundles = [await loadPolicy(old!, looking), await loadPolicy(young!, looking)] as const;
    const [before, after] = [await openBundle(bundles[0], terminal), await openBundle(bundles[1], terminal)];
    const diff = diffBundles(...bundles);
    const data = dataChanges(bundles[0].data, bundles[1].data);
    const folders = [old!, young!, ...(values.cases ?? [])];
    const { asked, changes } = caseChanges(await casesOf(folders), before, after);
    const replay = new Replay(after, before);
    const loosened: Change[] = [];
    if (values.from) {
      const { from, since, until } = values;
      const tell = progress(terminal, 'requests compared');
      for await (const event of recordedAnswers({ from, since, until, client, stdin, signal, now: now() })) {
        const change = replay.add(event);
        if (change?.kind === 'loosened' && loosened.length < MOST_CHANGES) loosened.push(change);
        tell(replay.requests);
      }
    } else if (values.since || values.until) throw new UsageError('--since and --until go with --from');
    const traffic = replay.summary();
    const same = bundles[0].revision === bundles[1].revision && diff.packages.length === 0;
    const titleOf = titles(bundles, titlesOf);
    if (terminal.json) {
      terminal.value({
        ...{ from: bundles[0].revision, to: bundles[1].revision, summary: summaryOf(diff) },
        packages: diff.packages.map(({ rules, ...rest }) => {
          const named = rules.map((rule) => ({ ...rule, title: titleOf(rest.package, rule.rule) }));
          return { ...rest, rules: named };
        }),
        ...{ data, code_changed: diff.codeChanged, cases: { asked, changes } },
        ...(values.from ? { traffic: { ...traffic, changes: loosened } } : {}),
      });
      return same ? EXIT.ok : EXIT.fault;
    }
    terminal.print(say`${bundles[0].revision} → ${bundles[1].revision}`.styled('dim'));
    terminal.print(say`${summaryOf(diff)}`.styled('bold'));
    for (const line of [...rulesText(diff, titleOf, values.full ?? false), ...dataText(data)]) terminal.print(line);
    const told = changes.length === 0 ? 'all answered alike' : `${changes.length} answered otherwise`;
    terminal.print(say`\n${say`${asked} decision cases, ${told}`.styled('bold')}`);
    for (const change of changes) terminal.print(caseChangeText(change));
    if (values.from) {
      terminal.print(say``);
      for (const change of loosened) terminal.print(changeText(change));
      for (const line of replayText(traffic)) terminal.print(line);
    }
    return same ? EXIT.ok : EXIT.fault;
  },
});

/** The cases of those that are folders. A case that cannot be read is no answer about the policy, and is said. */
async function casesOf(folders: readonly string[]): Promise<DecisionCase[]> {
  const { findCases } = await import('@countersign/policy/authoring');
  const found: DecisionCase[] = [];
  for (const folder of folders) {
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) continue;
    const { cases, problems } = await findCases(folder);
    const [first] = problems;
    if (first) throw new UsageError(`${first.file}:${first.line}:${first.column}  ${first.message}`);
    found.push(...cases);
  }
  return found;
}

/** The newer title, for a rule that has one on both sides. */
function titles(bundles: readonly Bundle[], titlesOf: (bundle: Bundle) => Map<string, Map<string, string>>): TitleOf {
  const known = bundles.map(titlesOf).reverse();
  return (packageName, rule) => {
    const id = /\[(.+)\]$/.exec(rule)?.[1] ?? '';
    return known.map((one) => one.get(packageName)?.get(id)).find(Boolean);
  };
}
