import type { Verdict } from '@countersign/approval';
import { describe, expect, it } from 'vitest';
import { readCases } from './case-file.js';
import { caseInput } from './case-input.js';
import { runCase } from './run-case.js';

const GOOD = `
cases:
  - name: deleting a thousand rows asks a dba
    input:
      action: {name: db.delete, properties: {rows: 1000}}
      resource: {type: table, id: prod.orders}
    expect: {effect: require_approval, seats: {dba: 1}, rules: [bulk-delete]}
`;

const problems = (text: string) => readCases(text, 'db.cases.yaml').problems;
const change = (from: string, to: string) => problems(GOOD.replace(from, to));

describe('a file of cases is refused whole, with the place and what to change', () => {
  it.each([
    ['input:', 'inptu:', 4, 5, 'cases[0] has no member "inptu": did you mean "input"?'],
    ['action:', 'actoin:', 5, 7, 'cases[0].input has no member "actoin": did you mean "action"?'],
    ['effect:', 'efect:', 7, 14, 'did you mean "effect"?'],
    ['seats:', 'seat:', 7, 40, 'did you mean "seats"?'],
    ['require_approval', 'ask', 7, 22, 'cases[0].expect.effect'],
    ['require_approval', 'allow', 7, 36, 'goes with effect require_approval'],
    ['{dba: 1}', '{dba: none}', 7, 53, 'cases[0].expect.seats.dba'],
    ['rules: [bulk-delete]', 'break_glass: {}', 7, 70, 'goes with input.break_glass'],
    ['rules: [bulk-delete]', 'break_glass_refused: no', 7, 78, 'cases[0].expect.break_glass_refused'],
    ['db.delete', 'DB delete', 5, 22, 'dotted lower-case name'],
    ['resource:', 'principal: {} #', 6, 18, 'cases[0].input.principal'],
    ['cases:', 'case:', 2, 1, 'did you mean "cases"?'],
  ])('%s as %s', (from, to, line, column, message) => {
    const found = change(from, to);
    expect(found.map((problem) => problem.message).join('\n')).toContain(message);
    const [problem] = found.filter((one) => one.message.includes(message));
    expect(problem).toMatchObject({ file: 'db.cases.yaml', line, column });
  });

  it.each([
    ['cases: []', 'has no case'],
    ['', 'cases is missing'],
    ['cases: [', 'this is not YAML'],
    [`${GOOD}${GOOD.replace('\ncases:', '')}`, 'the same name on line 3'],
    ['cases:\n  - {name: x, expect: {effect: deny}}', 'cases[0].input is missing'],
  ])('%j', (text, message) => {
    const read = readCases(text, 'x.cases.yaml');
    expect(read.cases).toEqual([]);
    expect(read.problems.map((problem) => problem.message).join('\n')).toContain(message);
  });
});

describe('the input of a case', () => {
  const inputOf = (more = '') => {
    const { cases, problems } = readCases(GOOD.replace('    expect:', `${more}    expect:`), 'x');
    expect(problems).toEqual([]);
    return JSON.parse(caseInput(cases[0]!.input)) as Record<string, unknown>;
  };

  it('is that of an ordinary agent on a Thursday, unless it says otherwise', () => {
    expect(inputOf()).toEqual({
      action: { name: 'db.delete', properties: { rows: 1000 } },
      agent: { id: 'release-bot', owner: 'sam@acme.example', groups: ['ci'] },
      context: {},
      history: {},
      resource: { type: 'table', id: 'prod.orders' },
      subject: { type: 'agent', id: 'release-bot' },
      time: expect.objectContaining({ rfc3339: '2026-01-15T10:00:00Z', weekday: 'thursday', hour: 10 }) as unknown,
    });
  });

  it('changes one member and keeps its neighbours', () => {
    expect(inputOf('      agent: {trust: probation}\n      subject: {id: other-bot}\n')).toMatchObject({
      agent: { id: 'other-bot', owner: 'sam@acme.example', trust: 'probation' },
      subject: { type: 'agent', id: 'other-bot' },
    });
  });

  it('lets a person answer for themselves, as intake does', () => {
    expect(inputOf('      subject: {type: person, id: dana@acme.example}\n')).toMatchObject({
      agent: { id: 'dana@acme.example', owner: 'dana@acme.example' },
      subject: { type: 'person', id: 'dana@acme.example' },
    });
  });

  it('has a whole history where a case tells the part that matters', () => {
    const more =
      '      history: {counters: {refunds: {subject: {24h: {sum: 900}}}}, flow: {untrusted_read: {action: web.fetch}}}\n';
    expect(inputOf(more).history).toMatchObject({
      counters: { refunds: { subject: { '24h': { count: 0, sum: 900, denies: 0, resources: 0 } } } },
      flow: { untrusted_read: { action: 'web.fetch', at: expect.any(String) as unknown } },
    });
  });

  it('is what intake would send: nothing that is empty', () => {
    const { cases } = readCases(GOOD.replace('{rows: 1000}', '{}'), 'x');
    expect(caseInput(cases[0]!.input)).toContain('"action":{"name":"db.delete"}');
  });
});

describe('a case', () => {
  const VERDICT: Verdict = {
    effect: 'require_approval',
    reasons: [{ rule: 'bulk-delete', text: 'deletes 1000 rows' }],
    risk: { level: 'high', score: 70, factors: [] },
    approval: {
      seats: [{ group: 'dba', count: 1 }],
      expires_in_s: 900,
      reason_required: false,
      channels: [],
      redact: [],
      exclude: [],
      step_up: false,
    },
    obligations: [],
    counts: [
      { counter: 'deletes', amount: 5 },
      { counter: 'deletes', amount: 7 },
    ],
    flow: ['irreversible'],
    policy: { revision: 'sha256:0' },
  };
  const run = (expected: string, verdict: Partial<Verdict> = {}) => {
    const { cases } = readCases(GOOD.replace(/expect: .*/, `expect: ${expected}`), 'x');
    return runCase(cases[0]!, { evaluate: () => ({ ...VERDICT, ...verdict }) });
  };

  it('passes when everything it mentions is so, whatever the order and the unit', () => {
    expect(
      run('{effect: require_approval, expires_in: 15m, flow: [irreversible], counts: {deletes: 5}}').mismatches,
    ).toEqual([{ member: 'counts', expected: { deletes: 5 }, actual: { deletes: [5, 7] } }]);
    expect(run('{effect: require_approval, seats: {dba: 1}, risk: high, rules: [bulk-delete]}').passed).toBe(true);
  });

  it.each([
    ['{effect: allow}', 'effect'],
    ['{effect: require_approval, seats: {dba: 2}}', 'seats'],
    ['{effect: require_approval, seats: {dba: 1, ops: 1}}', 'seats'],
    ['{effect: require_approval, rules: []}', 'rules'],
    ['{effect: require_approval, reasons: [something else]}', 'reasons'],
    ['{effect: require_approval, flow: []}', 'flow'],
    ['{effect: require_approval, reason_required: true}', 'reason_required'],
  ])('%s fails on its %s', (expected, member) => {
    expect(run(expected).mismatches.map((one) => one.member)).toEqual([member]);
  });

  it('says on what terms somebody may break the glass, or why not', () => {
    const rule = {
      ...{ rule: 'incident', text: 't', groups: ['oncall'], duration_s: 900, uses: 1, notify: ['security', 'dba'] },
      ...{ overrides: [], while_overdue: false, review: { groups: ['security'], within_s: 86_400 } },
    };
    const broken = (groups: string, expected: string, verdict: Partial<Verdict> = {}, guarded = false) => {
      const text = GOOD.replace('    expect:', `      break_glass: { groups: [${groups}] }\n    expect:`).replace(
        /expect: .*/,
        `expect: {effect: ${verdict.effect ?? 'require_approval'}, ${expected}}`,
      );
      const { cases, problems } = readCases(text, 'x');
      expect(problems).toEqual([]);
      expect(caseInput(cases[0]!.input)).toContain(
        `"break_glass":{"by":"dana@acme.example","groups":["${groups}"],"reason":"checkout is down"}`,
      );
      const given = { ...VERDICT, break_glass: { rules: [rule], guarded }, ...verdict };
      return runCase(cases[0]!, { evaluate: () => given }).mismatches;
    };
    const terms = 'break_glass: {duration: 15m, notify: [dba, security], review: {groups: [security], within: 24h}}';
    expect(broken('oncall', terms)).toEqual([]);
    expect(broken('oncall', 'break_glass: {rule: incident, uses: 2}')).toEqual([
      { member: 'break_glass', expected: { rule: 'incident', uses: 2 }, actual: { rule: 'incident', uses: 1 } },
    ]);
    expect(broken('dba', terms)).toMatchObject([{ member: 'break_glass', actual: null }]);
    expect(broken('oncall', 'break_glass_refused: guardrail')).toMatchObject([{ actual: null }]);
    expect(broken('dba', 'break_glass_refused: break-glass-denied')).toEqual([]);
    expect(broken('oncall', 'break_glass_refused: guardrail', { effect: 'deny' }, true)).toEqual([]);
    expect(broken('oncall', 'break_glass_refused: policy-denies', { effect: 'deny' })).toEqual([]);
    expect(broken('oncall', 'break_glass_refused: not-needed', { effect: 'allow' })).toEqual([]);
  });

  it('that expects a denial fails where people are asked', () => {
    expect(run('{effect: deny}').passed).toBe(false);
    expect(run('{effect: deny}', { effect: 'deny' }).passed).toBe(true);
  });
});
