import type { Agent, DecisionHeld, DecisionDenied, DrawnFrom, IssuedGrant, Verdict } from '@countersign/approval';
import { canonicalize } from '@countersign/ledger';

// Data of a decision's first event as canonical text, put together from texts that are made once per agent and verdict.

const agentTexts = new WeakMap<Agent, string>();
const verdictTexts = new WeakMap<Verdict, ReturnType<typeof verdictTextsOf>>();

/** Data of `decision.allowed` or `decision.denied`. */
export function answerData(
  verdict: Verdict,
  agent: Agent,
  digest: string,
  request: string,
  {
    grant,
    history,
    session,
  }: { grant?: IssuedGrant | undefined; history?: string | undefined; session?: DrawnFrom } = {},
): string {
  const { counts, flow, obligations, policy, reasons, risk } = textsOf(verdict);
  const allowed = verdict.effect === 'allow';
  const grantText = grant ? `"grant":${canonicalize(grant)},` : '';
  return (
    `{"action_digest":"${digest}","agent":${agentText(agent)},${counts}${flow}${grantText}${history ? `"history":${history},` : ''}` +
    `${allowed ? `"obligations":${obligations},` : ''}` +
    `"policy":${policy},"reasons":${reasons},"request":${request},"risk":${risk}` +
    `${session ? `,"session":${canonicalize(session)}` : ''}}`
  );
}

/** Data of the first event of a request that people were to answer. */
export function heldData(event: DecisionHeld | DecisionDenied): string {
  const { type: _, ...data } = event;
  return canonicalize(data);
}

function agentText(agent: Agent): string {
  let text = agentTexts.get(agent);
  if (text === undefined) {
    const { owner, owner_name, groups, trust } = agent;
    text = canonicalize({ owner, groups, ...(owner_name ? { owner_name } : {}), ...(trust ? { trust } : {}) });
    agentTexts.set(agent, text);
  }
  return text;
}

function textsOf(verdict: Verdict) {
  let texts = verdictTexts.get(verdict);
  if (texts === undefined) {
    texts = verdictTextsOf(verdict);
    verdictTexts.set(verdict, texts);
  }
  return texts;
}

function verdictTextsOf({ counts, flow, obligations, policy, reasons, risk }: Verdict) {
  return {
    counts: counts ? `"counts":${canonicalize(counts)},` : '',
    flow: flow ? `"flow":${canonicalize(flow)},` : '',
    obligations: canonicalize(obligations),
    policy: canonicalize(policy),
    reasons: canonicalize(reasons),
    risk: canonicalize(risk),
  };
}
