/** The values RFC 7644 §3.12 has for `scimType`. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A request that cannot be carried out as it is. The message says what to change; it never quotes a value. */
export class ScimProblem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly scimType?: ScimType,
  ) {
    super(detail);
  }

  /** As RFC 7644 §3.12 wants it: the status is a string. */
  toJSON(): object {
    return {
      schemas: [ERROR_SCHEMA],
      status: String(this.status),
      ...(this.scimType ? { scimType: this.scimType } : {}),
      detail: this.message,
    };
  }
}

/** A ScimProblem with status 400. */
export function badRequest(scimType: ScimType, detail: string): ScimProblem {
  return new ScimProblem(400, detail, scimType);
}
