// One decision, and everything that is done to it at once. Every call is noted with its answer, so that the answers can be
// held against the record afterwards.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApprovalService, DecisionService, State, Vote } from '@countersign/contract';
import { AGENT, PEOPLE } from './people.mjs';
import { Refused } from './wire.mjs';

const { decide, getDecision, waitDecision, withdrawDecision, redeemGrant, reportOutcome } = DecisionService.method;
const { castVote, revokeDecision } = ApprovalService.method;

const VOTES = { approve: Vote.APPROVE, deny: Vote.DENY, retract: Vote.RETRACT };

export class Round {
  /** What was tried, by whom, and how it went. */
  replies = [];
  id = '';
  #next = 0;

  constructor(gates, { approval, grant }) {
    this.gates = gates;
    const answer = {
      effect: 'require_approval',
      reasons: [{ rule: 'drill', text: 'is a drill' }],
      risk: { level: 'high', factors: [] },
      approval: { expires_in: '10m', ...approval },
      ...(grant ? { grant } : {}),
    };
    this.request = {
      action: { name: 'db.delete' },
      resource: { type: 'table', id: randomBytes(8).toString('hex') },
      contextForm: { case: 'contextJson', value: JSON.stringify({ answer }) },
    };
  }

  /** Another process for every call. */
  get gate() {
    return this.gates[this.#next++ % this.gates.length];
  }

  async ask() {
    const held = await this.gate.call(AGENT.token, decide, this.request);
    if (held.state !== State.PENDING) throw new Error(`it is ${State[held.state]}: ${held.reasons[0]?.text}`);
    this.id = held.id;
  }

  vote(who, choice) {
    const { id, token } = typeof who === 'number' ? PEOPLE[who] : who;
    const request = { id: this.id, vote: VOTES[choice], ...(choice === 'deny' ? { reason: 'not in this drill' } : {}) };
    return this.#say(choice, id, () => this.gate.call(token, castVote, request));
  }

  withdraw() {
    return this.#say('withdraw', AGENT.id, () =>
      this.gate.call(AGENT.token, withdrawDecision, { id: this.id, reason: 'not needed' }),
    );
  }

  revoke(who) {
    const { id, token } = PEOPLE[who];
    return this.#say('revoke', id, () => this.gate.call(token, revokeDecision, { id: this.id, reason: 'incident' }));
  }

  redeem(grant) {
    return this.#say('redeem', AGENT.id, () => this.gate.call(AGENT.token, redeemGrant, { ...this.request, grant }));
  }

  report(summary) {
    return this.#say('report', AGENT.id, () =>
      this.gate.call(AGENT.token, reportOutcome, { id: this.id, success: true, summary }),
    );
  }

  /** Waits for people as an agent does, and uses the grant as soon as there is one. */
  async waitAndRedeem() {
    const { grant } = await this.until((decision) => decision.state !== State.PENDING);
    if (grant) await this.redeem(grant);
  }

  /** The decision when it looks like that to the agent. */
  async until(there) {
    for (;;) {
      const wait = { seconds: 5n, nanos: 0 };
      const decision = await this.gate.call(AGENT.token, waitDecision, { id: this.id, wait });
      if (there(decision)) return decision;
      await sleep(20);
    }
  }

  /** How it stands, as each process tells it. */
  async states() {
    const all = await Promise.all(this.gates.map((gate) => gate.call(AGENT.token, getDecision, { id: this.id })));
    return all.map(({ state }) => State[state]);
  }

  async #say(what, by, call) {
    const reply = { what, by, ok: true, reason: '' };
    try {
      reply.answer = await call();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      Object.assign(reply, { ok: false, reason: error.reason || error.code });
    }
    this.replies.push(reply);
    return reply;
  }
}
