import { ApprovalService, DecisionService, State, Vote, type Decision } from '@countersign/contract';
import { Caller, Refused } from './caller.js';

/** What a client was told, and what the record must therefore show. */
export interface Told {
  requestId: string;
  decisionId: string;
  /** Types of the events that must be there, each once, in this order. */
  events: string[];
}

const ACTIONS = {
  allow: { name: 'db.read', rows: 0 },
  // No rule allows it.
  deny: { name: 'db.unheard_of', rows: 0 },
  hold: { name: 'db.delete', rows: 5000 },
} as const;

const MIX = ['allow', 'hold', 'allow', 'deny'] as const;

/** An agent that asks, and the person who countersigns what is held. */
export class Agent {
  readonly #agent: Caller;
  readonly #approver: Caller;

  constructor(intake: string) {
    this.#agent = new Caller(intake, 'cs_dev_release-bot');
    this.#approver = new Caller(intake, 'cs_dev_dana');
  }

  get retries(): number {
    return this.#agent.retries + this.#approver.retries;
  }

  close(): void {
    this.#agent.close();
    this.#approver.close();
  }

  /** Makes the decision of this number and follows it to its end. */
  async decide(run: string, number: number): Promise<Told> {
    const kind = MIX[number % MIX.length]!;
    const { name, rows } = ACTIONS[kind];
    const action = {
      action: { name },
      argumentsForm: { case: 'argumentsJson', value: JSON.stringify({ rows }) },
      resource: { type: 'table', id: `${run}.t${number}` },
    } as const;
    const requestId = `${run}-${number}`;
    const asked = await this.#agent.call(DecisionService.method.decide, { ...action, requestId });
    const told = { requestId, decisionId: asked.id };
    if (kind !== 'hold') {
      expectState(asked, kind === 'allow' ? State.ALLOWED : State.DENIED);
      return { ...told, events: [`decision.${kind === 'allow' ? 'allowed' : 'denied'}`] };
    }
    expectState(asked, State.PENDING);
    await this.#approve(asked);
    const allowed = await this.#agent.call(DecisionService.method.getDecision, { id: asked.id });
    expectState(allowed, State.ALLOWED);
    await this.#redeem(allowed, action);
    return { ...told, events: ['decision.held', 'vote.cast', 'decision.approved', 'grant.redeemed'] };
  }

  async #approve(held: Decision): Promise<void> {
    const vote = { id: held.id, vote: Vote.APPROVE, reason: 'expected', seenDigest: held.actionDigest };
    await this.#once(() => this.#approver.call(ApprovalService.method.castVote, vote), held.id, State.ALLOWED);
  }

  async #redeem({ id, grant }: Decision, action: object): Promise<void> {
    await this.#once(
      () => this.#agent.call(DecisionService.method.redeemGrant, { ...action, grant }),
      id,
      State.REDEEMED,
    );
  }

  /** A call whose first answer was lost is refused the second time: then the state says whether it was done. */
  async #once(call: () => Promise<unknown>, id: string, done: State): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof Refused) || !error.retried) throw error;
      expectState(await this.#agent.call(DecisionService.method.getDecision, { id }), done);
    }
  }
}

function expectState({ id, state, reasons }: Decision, expected: State): void {
  if (state !== expected)
    throw new Error(`${id} is ${State[state]}, not ${State[expected]}: ${reasons.map(({ text }) => text).join('; ')}`);
}
