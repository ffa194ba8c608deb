import { Fault, StatusError, type EvaluateRequest, type PolicyService } from '@countersign/contract';
import { bundleToWire, shadowToWire, verdictToWire, type Policy } from '@countersign/policy';
import type { Call, Handlers } from '@countersign/service';

/** Who may ask: the other services, and people who look after policy. Agents ask intake. */
export interface Caller {
  kind: 'agent' | 'person' | 'service';
  id: string;
}

/** PolicyService: one evaluation per message, in the order of arrival. It holds nothing and decides nothing itself. */
export class PolicyApi {
  constructor(readonly policy: Policy) {}

  readonly handlers: Handlers<typeof PolicyService, Caller> = {
    Evaluate: (request, call) => {
      refuseAgents(call.caller);
      return this.#evaluate(request);
    },
    EvaluateStream: (requests, call) => this.#stream(requests, call),
    ListBundles: (_, call) => {
      refuseAgents(call.caller);
      return {
        bundles: this.policy.bundles().map(bundleToWire),
        warning: this.policy.warning() ?? '',
        nextPageToken: '',
      };
    },
    GetShadowReport: async (_, call) => {
      refuseAgents(call.caller);
      return shadowToWire(await this.policy.shadowReport(), this.policy.revision);
    },
    // Which bundle serves is an action that may need people. Here there are none, and no record.
    GetBundle: askIntake,
    UploadBundle: askIntake,
    ActivateBundle: askIntake,
    RollbackBundle: askIntake,
    SetCandidate: askIntake,
    ClearCandidate: askIntake,
    WatchBundle: askIntake,
  };

  async *#stream(requests: AsyncIterable<EvaluateRequest>, { caller }: Call<Caller>) {
    refuseAgents(caller);
    for await (const request of requests) yield await this.#evaluate(request);
  }

  /** A policy that cannot answer is an error for this one input, not the end of the stream. */
  async #evaluate({ sequence, inputJson }: EvaluateRequest) {
    try {
      return {
        sequence,
        result: { case: 'verdict' as const, value: verdictToWire(await this.policy.evaluate(inputJson)) },
      };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const status = new StatusError('UNAVAILABLE', error.message, { reason: 'POLICY_UNAVAILABLE' });
      return { sequence, result: { case: 'error' as const, value: status.toStatus() } };
    }
  }
}

function askIntake(): never {
  throw new StatusError('UNIMPLEMENTED', 'ask intake: it decides and records which bundle serves', {
    reason: 'ASK_INTAKE',
  });
}

function refuseAgents(caller: Caller): void {
  if (caller.kind !== 'agent') return;
  throw new StatusError('PERMISSION_DENIED', 'agents ask intake, which records the answer', {
    reason: 'NOT_A_SERVICE',
  });
}
