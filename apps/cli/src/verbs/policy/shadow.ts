import { SERVICES, ShadowReportSchema } from '@countersign/contract';
import type { ShadowReport } from '@countersign/policy';
import { askedText, number } from '../../asked-text.js';
import { bundleLine, shortRevision } from '../../bundle-text.js';
import { EXIT, UsageError } from '../../exit.js';
import { asJson } from '../../json.js';
import { revisionOf } from '../../stored-bundles.js';
import { say, type Text } from '../../terminal.js';
import { verb, type World } from '../../verb.js';
import { clock } from '../../when.js';

const MOST = 20;

export const policyShadow = verb({
  name: 'policy shadow',
  summary: 'try a policy beside the serving one, on live traffic',
  about:
    '"set" evaluates a stored bundle beside the serving one: on the same requests, after they were answered, so that no ' +
    'answer is affected. "report", which is the default, says how often which answer became which, whom it would have asked, ' +
    'and the newest differences. "clear" ends it. Activating the candidate ends it too.',
  usage: '[set <revision> | report | clear]',
  takes: { min: 0, max: 2 },
  options: {},
  examples: [
    'countersign policy shadow set 1f3a9c04d2be',
    'countersign policy shadow report',
    'countersign policy shadow clear',
  ],
  exits: [0, 1, 2, 3],
  run({ positionals: [what = 'report', text], ...world }) {
    if (what === 'set' && text !== undefined) return set(world, text);
    if (text !== undefined || !['report', 'clear'].includes(what))
      throw new UsageError(`write "policy shadow set <revision>", "policy shadow report" or "policy shadow clear"`);
    return what === 'clear' ? clear(world) : report(world);
  },
});

async function set({ client, terminal, now }: World, text: string): Promise<number> {
  const { setCandidate } = SERVICES.PolicyService.method;
  const { bundle } = await client().unary(setCandidate, { revision: await revisionOf(text, client()) });
  if (terminal.json) terminal.value({ candidate: bundle!.revision });
  else terminal.print(bundleLine(bundle!, now()));
  return EXIT.ok;
}

async function clear({ client, terminal }: World): Promise<number> {
  await client().unary(SERVICES.PolicyService.method.clearCandidate, {});
  if (terminal.json) terminal.value({ candidate: null });
  else terminal.print(say`${say`ok`.styled('green')}  no candidate is evaluated`);
  return EXIT.ok;
}

async function report({ client, terminal, now }: World): Promise<number> {
  const wire = await client().unary(SERVICES.PolicyService.method.getShadowReport, {});
  if (terminal.json) {
    terminal.value(asJson(ShadowReportSchema, wire));
    return EXIT.ok;
  }
  const { shadowFromWire } = await import('@countersign/policy');
  const shadow = shadowFromWire(wire);
  if (!shadow) terminal.print(say`no candidate is evaluated: countersign policy shadow set <revision>`);
  else for (const line of reportText(shadow, now())) terminal.print(line);
  return EXIT.ok;
}

function reportText(shadow: ShadowReport, now: Date): Text[] {
  const { candidate, live, since, compared, dropped, faults, withoutHistory, effects, asked, differences } = shadow;
  const left: [number, string][] = [
    [dropped, 'left out, because too many were waiting'],
    [faults, 'on which the candidate broke, and would deny'],
    [withoutHistory, 'on which it wanted a history that the live policy does not ask for'],
  ];
  return [
    say`${shortRevision(candidate.revision)} beside ${shortRevision(live)} since ${clock(new Date(since), now)}, ${number(compared)} requests`,
    ...effects.map(({ live: from, candidate: to, count, differing }) => {
      const line = say`  ${from.padEnd(16)} → ${to.padEnd(16)} ${number(count).padStart(9)}${differing > 0 ? `  ${number(differing)} on other terms` : ''}`;
      return from === to ? line : line.styled('yellow');
    }),
    ...left.flatMap(([count, what]) => (count > 0 ? [say`  ${number(count)} ${what}`.styled('yellow')] : [])),
    ...askedText('are asked', asked.live),
    ...askedText('would be asked', asked.candidate),
    ...askedText('would be asked anew', asked.added),
    ...differences
      .slice(-MOST)
      .map(
        (one) =>
          say`  ${clock(new Date(one.at), now)}  ${one.subject}  ${one.action}  ${one.resource}: ${briefly(one.live)} → ${briefly(one.candidate)}`,
      ),
  ];
}

function briefly({ effect, rules }: ShadowReport['differences'][number]['live']): string {
  return `${effect} (${rules.join(', ')})`;
}
