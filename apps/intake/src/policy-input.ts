import type { Agent } from '@countersign/approval';
import { canonicalize, quote } from '@countersign/ledger';
import type { ActionTexts } from './action.js';

// The policy input, put together from canonical pieces in the order of their names.

const agents = new WeakMap<Agent, string>();
let lastSecond = -1;
let lastTime = '';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

export interface Circumstances {
  principal: string;
  nowMs: number;
  /** Canonical text of what was done before; empty when policy need not know. */
  history?: string;
  /** Canonical text, present when a grant is redeemed. */
  approval?: string;
  /** Canonical text, present when a person wants to break the glass. */
  breakGlass?: string;
}

export function policyInput(
  texts: ActionTexts,
  agent: Agent,
  { principal, nowMs, history = '{}', approval = '', breakGlass = '' }: Circumstances,
): string {
  return (
    `{"action":${texts.action},"agent":${agentText(agent)},${approval && `"approval":${approval},`}` +
    `${breakGlass && `"break_glass":${breakGlass},`}"context":${texts.context || '{}'},` +
    `"history":${history},${principal && `"principal":${quote(principal)},`}"resource":${texts.resource},"subject":${texts.subject},` +
    `"time":${timeText(nowMs)}}`
  );
}

function agentText(agent: Agent): string {
  let text = agents.get(agent);
  if (text === undefined) {
    const { id, owner, groups, trust } = agent;
    text = canonicalize({ id, owner, groups, ...(trust ? { trust } : {}) });
    agents.set(agent, text);
  }
  return text;
}

/** Time as data, to the second: policy has no clock of its own. */
function timeText(nowMs: number): string {
  const unix = Math.floor(nowMs / 1000);
  if (unix !== lastSecond) {
    const date = new Date(unix * 1000);
    lastSecond = unix;
    lastTime = canonicalize({
      rfc3339: date.toISOString().replace('.000Z', 'Z'),
      unix,
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      weekday: WEEKDAYS[date.getUTCDay()],
    });
  }
  return lastTime;
}
