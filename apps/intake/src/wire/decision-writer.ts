import { toBinary } from '@bufbuild/protobuf';
import { DecisionSchema, State, type Decision } from '@countersign/contract';

// The answer that needs nobody, written by hand. Everything else goes to the generated writer.

const MAX = 16 * 1024;

/** The bytes of a decision. */
export function writeDecision(decision: Decision): Buffer {
  const immediate =
    (decision.state === State.ALLOWED || decision.state === State.DENIED) &&
    !decision.approval &&
    decision.grant === '' &&
    decision.grantUsesLeft === 0;
  if (!immediate || decision.obligations.length > 0 || decision.dryRun || decision.reasons.length > 20)
    return generated(decision);
  return new Writer().decision(decision) ?? generated(decision);
}

function generated(decision: Decision): Buffer {
  return Buffer.from(toBinary(DecisionSchema, decision));
}

const scratch = Buffer.allocUnsafe(MAX * 2);

class Writer {
  #at = 0;

  /** Undefined when it does not fit. */
  decision(decision: Decision): Buffer | undefined {
    this.#text(0x0a, decision.id);
    this.#text(0x12, decision.requestId);
    this.#varint(0x18, decision.state);
    this.#varint(0x20, decision.mayAct ? 1 : 0);
    this.#varint(0x28, decision.final ? 1 : 0);
    for (const { rule, text } of decision.reasons) {
      if (this.#at + (rule.length + text.length) * 3 > MAX) return undefined;
      this.#message(0x3a, () => {
        this.#text(0x0a, rule);
        this.#text(0x12, text);
      });
    }
    const { risk, policy, subject, createdAt, updatedAt } = decision;
    if (risk) {
      if (risk.factors.join('').length * 3 > MAX / 4) return undefined;
      this.#message(0x42, () => {
        this.#text(0x0a, risk.level);
        this.#varint(0x10, risk.score);
        for (const factor of risk.factors) this.#string(0x1a, factor);
      });
    }
    this.#text(0x4a, decision.actionDigest);
    if (policy) this.#message(0x52, () => this.#text(0x0a, policy.revision));
    if (createdAt) this.#timestamp(0x7a, createdAt);
    if (updatedAt) this.#timestamp(0x82, updatedAt, 1);
    this.#text(0x8a, decision.nextStep, 1);
    if (subject) {
      this.#message(
        0x92,
        () => {
          this.#text(0x0a, subject.type);
          this.#text(0x12, subject.id);
        },
        1,
      );
    }
    return Buffer.from(scratch.subarray(0, this.#at));
  }

  #tag(tag: number, second?: number): void {
    scratch[this.#at++] = tag;
    if (second !== undefined) scratch[this.#at++] = second;
  }

  #text(tag: number, value: string, second?: number): void {
    if (value !== '') this.#string(tag, value, second);
  }

  /** Also when it is empty, as an element of a list may be. */
  #string(tag: number, value: string, second?: number): void {
    this.#tag(tag, second);
    this.#delimited(() => {
      this.#at += scratch.write(value, this.#at, 'utf8');
    });
  }

  #message(tag: number, body: () => void, second?: number): void {
    this.#tag(tag, second);
    this.#delimited(body);
  }

  /** Length first: two bytes of it always, which protobuf allows, so that nothing has to be measured before. */
  #delimited(body: () => void): void {
    const at = this.#at;
    this.#at += 2;
    body();
    const length = this.#at - at - 2;
    scratch[at] = (length & 0x7f) | 0x80;
    scratch[at + 1] = length >> 7;
  }

  #varint(tag: number, value: number): void {
    if (value === 0) return;
    this.#tag(tag);
    this.#number(value);
  }

  #number(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      scratch[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    scratch[this.#at++] = rest;
  }

  #timestamp(tag: number, { seconds, nanos }: { seconds: bigint; nanos: number }, second?: number): void {
    this.#message(
      tag,
      () => {
        this.#varint(0x08, Number(seconds));
        this.#varint(0x10, nanos);
      },
      second,
    );
  }
}
