import { DatabaseOrigin, PolicyHost, readBundle, type Policy, type PolicyKeys } from '@countersign/policy';
import type { Log } from '@countersign/service';
import type { ServingBundle } from '@countersign/store';

export interface FollowingParts {
  policy: Policy;
  serving: ServingBundle;
  keys: PolicyKeys | undefined;
  /** What the database decides. */
  follows: { policies: boolean; candidate: boolean };
  log: Log;
}

/**
 * Has the policy in this process serve what is activated, and try what is the candidate. A policy in another process follows
 * by itself: it asks the bundle server.
 */
export class Following {
  #stop: () => void = () => undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(readonly parts: FollowingParts) {}

  /** Resolves when what is activated serves, or why it does not is known. */
  async start(): Promise<void> {
    const { policy, serving, keys, follows } = this.parts;
    if (!(policy instanceof PolicyHost)) return;
    // It is asked again whatever comes of it, and says itself what is wrong.
    if (follows.policies) await policy.follow(new DatabaseOrigin(serving, keys)).catch(() => undefined);
    if (!follows.candidate) return;
    const look = () => {
      this.#turn = this.#turn.then(() => this.#candidate(policy));
    };
    this.#stop = serving.changed(look);
    look();
  }

  async stop(): Promise<void> {
    this.#stop();
    await this.#turn;
  }

  async #candidate(host: PolicyHost): Promise<void> {
    const { serving, keys, log } = this.parts;
    try {
      const candidate = await serving.candidate();
      const known = host.bundles().find(({ role }) => role === 'candidate')?.revision;
      // What serves is nothing to compare it with.
      const wanted = candidate?.revision === host.revision ? undefined : candidate;
      if (wanted?.revision === known) return;
      await host.shadow(wanted && (await readBundle(wanted.archive, 'database', 'database', keys)));
    } catch (error) {
      log.warn({ cause: (error as Error).message }, 'the candidate cannot be evaluated');
    }
  }
}
