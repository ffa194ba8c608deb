import { canonicalize } from '@countersign/ledger';
import type { Once, Use, Used } from './once.js';
import { refuse, type Refused } from './refusal.js';
import { safeUrl } from './url.js';

export interface IntakeOptions {
  /** Base URL of Countersign's HTTP port. */
  url: string;
  /** A key that the directory lets assert subjects: redeeming is for the agent itself, or for a gateway that it trusts. */
  credential: string;
  timeoutMs?: number;
  fetch?: typeof globalThis.fetch;
}

interface Answer {
  redeemed?: unknown;
  use?: unknown;
  obligations?: Used['obligations'];
  message?: string;
  details?: { reason?: string }[];
}

/**
 * Redeems grants at intake: single use over all instances, revocation, the approvers and policy as they are now. Whatever
 * goes wrong, the action must not run; a use that was counted while its answer was lost stays counted.
 */
export class Intake implements Once {
  readonly #endpoint: string;
  readonly #options: Required<IntakeOptions>;

  constructor(options: IntakeOptions) {
    this.#endpoint = `${safeUrl(options.url).replace(/\/+$/, '')}/v1/grants:redeem`;
    this.#options = { timeoutMs: 5_000, fetch: globalThis.fetch, ...options };
  }

  async use(use: Use): Promise<Used | Refused> {
    const { credential, fetch, timeoutMs } = this.#options;
    let status: number;
    let answer: Answer;
    try {
      const response = await fetch(this.#endpoint, {
        method: 'POST',
        redirect: 'error',
        headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
        body: bodyOf(use),
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      answer = (await response.json()) as Answer;
    } catch (error) {
      return refuse(
        'unavailable',
        `intake did not answer (${(error as Error).message}); whether it counted is not known`,
      );
    }
    if (status === 200 && answer.redeemed === true) {
      const number = typeof answer.use === 'number' && answer.use >= 1 ? answer.use : 1;
      return { use: number, ...(answer.obligations?.length ? { obligations: answer.obligations } : {}) };
    }
    const reason = answer.details?.find((detail) => typeof detail.reason === 'string')?.reason;
    // Only what is clearly about the grant is an answer; everything else is intake in trouble, and may be tried again.
    const said = [400, 401, 403, 404, 409].includes(status);
    return refuse(said ? 'not-redeemed' : 'unavailable', answer.message ?? `intake answered ${status}`, reason);
  }
}

/** Free-form members go as exact text, so that intake hashes what was hashed here. */
function bodyOf({ grant, claims, action: given, audience, proof }: Use): string {
  const { subject = { id: claims.act.sub }, action, resource, context } = given;
  const exact = (value: object | undefined) => (value ? canonicalize(value) : undefined);
  return canonicalize({
    grant,
    audience,
    proof,
    subject: { id: subject.id, type: subject.type ?? 'agent', properties_json: exact(subject.properties) },
    action: { name: action.name },
    arguments_json: exact(action.properties),
    resource: { id: resource.id, type: resource.type, properties_json: exact(resource.properties) },
    context_json: exact(context),
  });
}
