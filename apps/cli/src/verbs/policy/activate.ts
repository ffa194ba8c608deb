import { ActivateBundleResponseSchema, SERVICES, State, type ActivateBundleResponse } from '@countersign/contract';
import { bundleText, shortRevision } from '../../bundle-text.js';
import { exitOf, renderDecision } from '../../decision-text.js';
import { inWords, parseDuration, toProtoDuration } from '../../duration.js';
import { EXIT } from '../../exit.js';
import { asJson } from '../../json.js';
import { revisionOf } from '../../stored-bundles.js';
import { say } from '../../terminal.js';
import { verb, type World } from '../../verb.js';

/** As long as the service waits at once. */
const LONGEST_WAIT = 300_000;

const OPTIONS = {
  reason: { type: 'string', value: '<text>', help: 'why, for those who are asked to approve it' },
  wait: { type: 'string', value: '<duration>', help: 'wait for people and go on once they have approved: 30m' },
  decision: { type: 'string', value: '<id>', help: 'the decision that people have approved meanwhile' },
} as const;

interface Values {
  reason?: string;
  wait?: string;
  decision?: string;
}

const HOW =
  'This is an action like any other: the policy that serves decides it, and usually has somebody approve it who neither wrote ' +
  'the bundle nor asks. Without --wait it ends with 4 when people are asked; run it again with --decision once they have ' +
  'approved. What was approved works once, and only while the same bundle serves as when it was asked.';

export const policyActivate = verb({
  name: 'policy activate',
  summary: 'make a stored policy the serving one, everywhere',
  about: `Asks to make a bundle serve in all processes. ${HOW}`,
  usage: '<revision>',
  takes: { min: 1, max: 1 },
  options: OPTIONS,
  examples: [
    'countersign policy activate sha256:1f3a9c04d2be --reason "tried beside for a week" --wait 30m',
    'countersign policy activate sha256:1f3a9c04d2be --decision dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C',
  ],
  exits: [0, 1, 2, 3, 4],
  async run({ values, positionals: [text], ...world }) {
    const { activateBundle } = SERVICES.PolicyService.method;
    const revision = await revisionOf(text!, world.client());
    const again = `policy activate ${shortRevision(revision)}`;
    return settle(world, values, again, (request) => world.client().unary(activateBundle, { revision, ...request }));
  },
});

export const policyRollback = verb({
  name: 'policy rollback',
  summary: 'go back to the policy that served before, everywhere',
  about: `Asks to make the previous bundle serve again. Every process still has it, so it answers at once. ${HOW}`,
  options: OPTIONS,
  examples: ['countersign policy rollback --reason "too much is held"'],
  exits: [0, 1, 2, 3, 4],
  run({ values, ...world }) {
    const { rollbackBundle } = SERVICES.PolicyService.method;
    return settle(world, values, 'policy rollback', (request) => world.client().unary(rollbackBundle, request));
  },
});

type Ask = (request: { reason: string; decisionId: string }) => Promise<ActivateBundleResponse>;

async function settle(world: World, values: Values, again: string, ask: Ask): Promise<number> {
  const { terminal, now } = world;
  const { reason = '', wait, decision: decisionId = '' } = values;
  const until = wait === undefined ? 0 : now().getTime() + parseDuration(wait, '--wait');
  let answer = await ask({ reason, decisionId });
  if (wait !== undefined && answer.decision?.state === State.PENDING) {
    if (!terminal.json) terminal.print(renderDecision(answer.decision, now()));
    terminal.warn(say`waiting up to ${inWords(until - now().getTime())} for people`.styled('dim'));
    const { id } = answer.decision;
    if (await decided(world, id, until)) answer = await ask({ reason, decisionId: id });
  }
  const { activated, decision, bundle } = answer;
  if (terminal.json) terminal.value(asJson(ActivateBundleResponseSchema, answer));
  else if (activated) terminal.print(say`${say`serves`.styled('green')}  ${bundleText(bundle!, now())}`);
  else {
    terminal.print(renderDecision(decision!, now()));
    if (decision!.state === State.PENDING) {
      const next = `countersign ${again} --decision ${decision!.id}`;
      terminal.print(say`  ${say`then   `.styled('dim')} ${say`${next}`.styled('cyan')}`);
    }
  }
  return activated ? EXIT.ok : exitOf(decision!);
}

/** Whether people have answered before the time was over, or somebody lost patience. */
async function decided({ client, now, signal }: World, id: string, until: number): Promise<boolean> {
  const { waitDecision } = SERVICES.DecisionService.method;
  for (let left = until - now().getTime(); left > 0 && !signal.aborted; left = until - now().getTime()) {
    const waitMs = Math.min(left, LONGEST_WAIT);
    const { final } = await client().unary(waitDecision, { id, wait: toProtoDuration(waitMs) }, { waitMs });
    if (final) return true;
  }
  return false;
}
