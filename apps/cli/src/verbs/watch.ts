import { ApprovalViewSchema, DecisionSchema, Fault, SERVICES } from '@countersign/contract';
import { renderCardLines } from '../card-text.js';
import { exitOf, renderDecision } from '../decision-text.js';
import { EXIT } from '../exit.js';
import { asJson } from '../json.js';
import { say } from '../terminal.js';
import { verb, type World } from '../verb.js';

export const watch = verb({
  name: 'watch',
  summary: 'follow your approvals live, or one decision',
  about:
    'Without an id (a person): your pending approvals, then each again when it changes, until Ctrl-C. With a decision id (its ' +
    'agent): the decision and each change, until it is final; the exit code says how it ended. --json prints one line each.',
  usage: '[<decision id>]',
  takes: { min: 0, max: 1 },
  options: { all: { type: 'boolean', help: 'also approvals you can see but not vote on' } },
  examples: ['countersign watch', 'countersign watch dec_01JD8Q1V8Y6M3T9W2K5N7P4R0C'],
  exits: [0, 1, 2, 3, 4],
  run: ({ values, positionals: [id], ...world }) =>
    id ? followDecision(world, id) : followApprovals(world, values.all ?? false),
});

async function followDecision({ client, terminal, now, signal }: World, id: string): Promise<number> {
  for await (const decision of client().stream(SERVICES.DecisionService.method.watchDecision, { id }, signal)) {
    if (terminal.json) terminal.value(asJson(DecisionSchema, decision), 0);
    else terminal.print(renderDecision(decision, now()));
    // The service goes on while a grant may still be used; whoever waits for the answer has it now.
    if (decision.final) return exitOf(decision);
  }
  if (signal.aborted) return EXIT.pending;
  throw new Fault('stream-ended', `the service ended the stream before ${id} was final: run it again`);
}

async function followApprovals({ client, terminal, now, signal }: World, all: boolean): Promise<number> {
  terminal.warn(say`watching; Ctrl-C to stop`.styled('dim'));
  const request = { includeIneligible: all };
  for await (const view of client().stream(SERVICES.ApprovalService.method.watchApprovals, request, signal)) {
    if (terminal.json) terminal.value(asJson(ApprovalViewSchema, view), 0);
    else terminal.print(say`${renderCardLines(view, now())}${view.card?.outcome ? `\n  ${view.card.outcome}` : ''}\n`);
  }
  if (signal.aborted) return EXIT.ok;
  terminal.warn(say`the service ended the stream`);
  return EXIT.fault;
}
