import { z } from 'zod';
import { parseSeconds } from '../schema-members.js';

// What a decision case may say. Every object is closed: a member that nobody reads is a check that nobody makes.

const id = z.string().min(1).max(256);
const properties = z.record(z.string(), z.unknown());
const number = z.number().min(0);
const names = z.array(z.string().min(1));

const counter = z.strictObject({
  count: number.optional(),
  sum: number.optional(),
  denies: number.optional(),
  resources: number.optional(),
});
const windows = z.strictObject({ '1h': counter.optional(), '24h': counter.optional() });
const scopes = z.strictObject({
  subject: windows.optional(),
  principal: windows.optional(),
  session: windows.optional(),
  area: windows.optional(),
});
const flowed = z.strictObject({
  at: z.string().optional(),
  action: z.string().optional(),
  resource: z.string().optional(),
  decision_id: z.string().optional(),
});

export const caseInputSchema = z.strictObject({
  action: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9_]+(\.[a-z0-9_]+)*$/, 'is not a dotted lower-case name, like "db.delete"')
      .max(256),
    properties: properties.optional(),
  }),
  resource: z.strictObject({ type: id, id, properties: properties.optional() }),
  subject: z.strictObject({ type: id.optional(), id: id.optional(), properties: properties.optional() }).optional(),
  agent: z
    .strictObject({ id: id.optional(), owner: id.optional(), groups: names.optional(), trust: id.optional() })
    .optional(),
  principal: id.optional(),
  context: properties.optional(),
  history: z
    .strictObject({
      counters: z.record(z.string(), scopes).optional(),
      flow: z.strictObject({ untrusted_read: flowed.optional(), sensitive_read: flowed.optional() }).optional(),
    })
    .optional(),
  time: z
    .string()
    .refine((text) => RFC3339.test(text) && !Number.isNaN(Date.parse(text)), 'is not a time like 2026-01-15T10:00:00Z')
    .optional(),
  approval: properties.optional(),
  break_glass: z.strictObject({ by: id.optional(), groups: names.optional(), reason: id.optional() }).optional(),
});

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const seats = z.record(z.string(), z.int().min(1));
const duration = z
  .union([z.string(), z.number()])
  .refine((given) => parseSeconds(given) !== undefined, 'is not a duration such as 15m');

const held = {
  seats: seats.optional(),
  alternatives: z.array(seats).optional(),
  escalate: z.array(z.strictObject({ after: duration, seats })).optional(),
  deny_quorum: z.int().min(1).optional(),
  late_members: z.boolean().optional(),
  session: z
    .strictObject({
      expires_in: duration,
      count: z.int().min(1),
      vary: names,
      limits: z.array(
        z
          .object({ pointer: z.string(), each: z.number(), total: z.number() })
          .partial({ each: true, total: true })
          .strict(),
      ),
    })
    .nullable()
    .optional(),
  expires_in: duration.optional(),
  reason_required: z.boolean().optional(),
  step_up: z.boolean().optional(),
  channels: names.optional(),
  exclude: names.optional(),
  redact: names.optional(),
};

/** On what terms somebody may break the glass. */
const broken = z.strictObject({
  rule: id.optional(),
  duration: duration.optional(),
  uses: z.int().min(1).optional(),
  notify: names.optional(),
  overrides: z.array(z.literal('deny')).optional(),
  review: z.strictObject({ groups: names, within: duration }).optional(),
  while_overdue: z.boolean().optional(),
});

const expectation = z
  .strictObject({
    effect: z.enum(['allow', 'deny', 'require_approval']),
    rules: names.optional(),
    reasons: z.array(z.string()).optional(),
    risk: z.enum(['low', 'medium', 'high', 'critical']).optional(),
    flow: z.array(z.enum(['untrusted_read', 'sensitive_read', 'way_out', 'irreversible'])).optional(),
    counts: z.record(z.string(), number).optional(),
    obligations: names.optional(),
    break_glass: broken.optional(),
    break_glass_refused: z.enum(['break-glass-denied', 'guardrail', 'policy-denies', 'not-needed']).optional(),
    ...held,
  })
  .superRefine((expect, context) => {
    if (expect.effect === 'require_approval') return;
    for (const member of Object.keys(held)) {
      if (expect[member as keyof typeof held] === undefined) continue;
      const message = `goes with effect require_approval, and this case expects ${expect.effect}`;
      context.addIssue({ code: 'custom', path: [member], message });
    }
  });

const oneCase = z
  .strictObject({ name: z.string().min(1).max(300), input: caseInputSchema, expect: expectation })
  .superRefine(({ input, expect }, context) => {
    for (const member of ['break_glass', 'break_glass_refused'] as const) {
      if (expect[member] === undefined || input.break_glass) continue;
      const message = 'goes with input.break_glass, and this case names nobody who wants to break it';
      context.addIssue({ code: 'custom', path: ['expect', member], message });
    }
  });

export const caseFile = z.strictObject({
  cases: z.array(oneCase).min(1, 'has no case: a file that tests nothing must not pass'),
});

export type CaseInput = z.infer<typeof caseInputSchema>;
export type Expectation = z.infer<typeof expectation>;

/** The members an object at this path may have, when it is one that is closed. */
export function membersAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = caseFile;
  for (const step of path) at = below(open(at), step);
  const found = open(at);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function below(schema: unknown, step: PropertyKey): unknown {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, unknown>)[step];
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return undefined;
}

function open(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? open(schema.unwrap()) : schema;
}
