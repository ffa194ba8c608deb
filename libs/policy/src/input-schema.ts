// The policy input as JSON Schema, in the words that `opa check --schema` understands: an object whose members are listed has
// no others, and one whose members are not listed may have any. So a slip like `input.actoin` is an error, and arguments,
// properties and context stay as free as they are.

const TEXT = { type: 'string' } as const;
const NUMBER = { type: 'number' } as const;
const FREE = { type: 'object' } as const;

const object = <P extends Record<string, object>>(properties: P) => ({ type: 'object', properties }) as const;
const list = (items: object) => ({ type: 'array', items }) as const;

const seen = object({ at: TEXT, action: TEXT, resource: TEXT, decision_id: TEXT });

export const INPUT_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'urn:countersign:v1:policy-input',
  title: 'What policy is asked',
  ...object({
    action: object({ name: TEXT, properties: FREE }),
    agent: object({ id: TEXT, owner: TEXT, groups: list(TEXT), trust: TEXT }),
    // Present when a grant is redeemed.
    approval: object({ approved_at: TEXT, approved_by: list(TEXT), decision_id: TEXT }),
    // Present when a person wants to break the glass.
    break_glass: object({ by: TEXT, groups: list(TEXT), reason: TEXT }),
    context: FREE,
    // counters.<name>.<scope>.<window>: present when policy counts, or the action is a way out or cannot be undone.
    history: object({ counters: FREE, flow: object({ untrusted_read: seen, sensitive_read: seen }) }),
    principal: TEXT,
    resource: object({ type: TEXT, id: TEXT, properties: FREE }),
    subject: object({ type: TEXT, id: TEXT, properties: FREE }),
    time: object({
      rfc3339: TEXT,
      unix: NUMBER,
      year: NUMBER,
      month: NUMBER,
      day: NUMBER,
      hour: NUMBER,
      minute: NUMBER,
      second: NUMBER,
      weekday: TEXT,
    }),
  }),
} as const;
