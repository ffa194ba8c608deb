import { fromBinary } from '@bufbuild/protobuf';
import { isUtf8 } from 'node:buffer';
import { DecideRequestSchema, READING, StatusError, type DecideRequest } from '@countersign/contract';

// DecideRequest read by hand: Decide is called so often that the generated reader is felt. Structures, unknown fields and
// repeated members go to the generated reader, so this one has to be right only about what it takes.

interface Form {
  case: string | undefined;
  value?: string;
}

interface Part {
  $typeName?: never;
  type: string;
  id: string;
  propertiesForm: Form;
}

const NONE: Form = { case: undefined };

/** Thrown inside to say "not mine". */
const GENERATED = Symbol('take the generated reader');

/** The message, the same whichever reader took it. */
export function readDecideRequest(bytes: Buffer): DecideRequest {
  try {
    return new Reader(bytes).request() as unknown as DecideRequest;
  } catch (error) {
    if (error !== GENERATED) throw error;
    return fromBinary(DecideRequestSchema, bytes, READING);
  }
}

class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  request() {
    const request = {
      requestId: '',
      subject: undefined as Part | undefined,
      principal: '',
      action: undefined as { name: string } | undefined,
      argumentsForm: NONE,
      resource: undefined as Part | undefined,
      contextForm: NONE,
      justification: '',
      wait: undefined,
      dryRun: false,
      audience: '',
      holderKey: '',
    };
    while (this.#at < this.bytes.length) {
      // Field number and wire type; every field taken here is length-delimited and has a one-byte tag.
      switch (this.bytes[this.#at++]) {
        case 0x0a:
          request.requestId = this.#text();
          break;
        case 0x12:
          if (request.subject) throw GENERATED;
          request.subject = this.#part();
          break;
        case 0x1a:
          request.principal = this.#text();
          break;
        case 0x22:
          if (request.action) throw GENERATED;
          request.action = this.#action();
          break;
        case 0x32:
          request.argumentsForm = { case: 'argumentsJson', value: this.#text() };
          break;
        case 0x3a:
          if (request.resource) throw GENERATED;
          request.resource = this.#part();
          break;
        case 0x4a:
          request.contextForm = { case: 'contextJson', value: this.#text() };
          break;
        case 0x52:
          request.justification = this.#text();
          break;
        case 0x6a:
          request.audience = this.#text();
          break;
        case 0x72:
          request.holderKey = this.#text();
          break;
        default:
          throw GENERATED;
      }
    }
    return request;
  }

  #part(): Part {
    const end = this.#end();
    const part: Part = { type: '', id: '', propertiesForm: NONE };
    while (this.#at < end) {
      switch (this.bytes[this.#at++]) {
        case 0x0a:
          part.type = this.#text();
          break;
        case 0x12:
          part.id = this.#text();
          break;
        case 0x22:
          part.propertiesForm = { case: 'propertiesJson', value: this.#text() };
          break;
        default:
          throw GENERATED;
      }
    }
    if (this.#at !== end) throw GENERATED;
    return part;
  }

  #action(): { name: string } {
    const end = this.#end();
    let name = '';
    while (this.#at < end) {
      if (this.bytes[this.#at++] !== 0x0a) throw GENERATED;
      name = this.#text();
    }
    if (this.#at !== end) throw GENERATED;
    return { name };
  }

  #text(): string {
    const end = this.#end();
    const start = this.#at;
    this.#at = end;
    const text = this.bytes.toString('utf8', start, end);
    // Decoding replaces what is not UTF-8, and two different byte strings must never become one value.
    if (text.includes('\ufffd') && !isUtf8(this.bytes.subarray(start, end))) {
      throw new StatusError('INVALID_ARGUMENT', 'a string of the message is not valid UTF-8', {
        reason: 'MALFORMED_MESSAGE',
      });
    }
    return text;
  }

  /** Reads a length and returns where its bytes end. */
  #end(): number {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined || shift > 21) throw GENERATED;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = this.#at + length;
    if (end > this.bytes.length) throw GENERATED;
    return end;
  }
}
