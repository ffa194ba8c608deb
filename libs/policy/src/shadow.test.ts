import { afterEach, expect, it } from 'vitest';
import type { Effect, Verdict } from '@countersign/approval';
import type { BundleInfo } from './policy.js';
import { Shadow, type Candidate } from './shadow.js';

const INFO: BundleInfo = {
  revision: 'sha256:candidate',
  active: false,
  source: 'file',
  location: 'x',
  role: 'candidate',
  loaded_at: '',
  areas: [],
};

function verdict(effect: Effect, rules: string[] = ['r'], more: Partial<Verdict> = {}): Verdict {
  return {
    effect,
    reasons: rules.map((rule) => ({ rule, text: `because of ${rule}` })),
    risk: { level: 'low', score: 10, factors: [] },
    obligations: [],
    policy: { revision: 'sha256:live' },
    ...more,
  };
}

function inputText(id: string, more: object = {}): string {
  return JSON.stringify({
    action: { name: 'db.delete', properties: { secret: 'hunter2' } },
    context: { note: 'hunter2' },
    history: {},
    resource: { id, type: 'table' },
    subject: { id: 'release-bot', type: 'agent' },
    ...more,
  });
}

const shadows: Shadow[] = [];
afterEach(() => shadows.splice(0).forEach((shadow) => shadow.close()));

/** A shadow whose candidate answers as told, and what it was asked. */
function beside(answer: (inputText: string) => Verdict) {
  const asked: string[] = [];
  const candidate: Candidate & { faults: { throw: number } } = {
    faults: { throw: 0 },
    evaluate: (text) => {
      asked.push(text);
      return answer(text);
    },
  };
  const shadow = new Shadow(candidate);
  shadows.push(shadow);
  return { shadow, asked, candidate, report: () => shadow.report(INFO, 'sha256:live') };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 30));

it('asks the candidate only after the live answer is out', async () => {
  const { shadow, asked } = beside(() => verdict('deny'));
  shadow.observe(inputText('a'), verdict('allow'));
  expect(asked).toEqual([]);
  await turns();
  expect(asked).toHaveLength(1);
});

it('counts what became what, and lists what differs, without any argument', async () => {
  const answers: Record<string, Verdict> = {
    same: verdict('allow'),
    stricter: verdict('require_approval', ['bulk'], { approval: { seats: [{ group: 'dba', count: 1 }] } as never }),
    looser: verdict('allow', ['waved-through']),
    otherwise: verdict('deny', ['other']),
  };
  const { shadow, report } = beside((text) => answers[(JSON.parse(text) as { resource: { id: string } }).resource.id]!);
  shadow.observe(inputText('same'), verdict('allow'));
  shadow.observe(inputText('stricter'), verdict('allow'));
  shadow.observe(inputText('looser'), verdict('deny'));
  shadow.observe(inputText('otherwise'), verdict('deny'));
  await turns();
  const { effects, differences, compared, asked } = report();
  expect(compared).toBe(4);
  expect(effects).toEqual([
    { live: 'allow', candidate: 'allow', count: 1, differing: 0 },
    { live: 'allow', candidate: 'require_approval', count: 1, differing: 1 },
    { live: 'deny', candidate: 'allow', count: 1, differing: 1 },
    { live: 'deny', candidate: 'deny', count: 1, differing: 1 },
  ]);
  expect(differences.map(({ resource }) => resource)).toEqual(['stricter', 'looser', 'otherwise']);
  expect(differences[0]).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    subject: 'release-bot',
    action: 'db.delete',
    resource: 'stricter',
    live: { effect: 'allow', rules: ['r'] },
    candidate: { effect: 'require_approval', rules: ['bulk'] },
  });
  expect(JSON.stringify(report())).not.toContain('hunter2');
  expect([asked.live.asked, asked.candidate.asked, asked.added.rules[0]?.rule]).toEqual([0, 1, 'bulk']);
});

it('counts a request once: not when it is evaluated again with its history, nor when its grant is used', async () => {
  const { shadow, report } = beside(() => verdict('allow'));
  const counting = verdict('allow', ['r'], { counts: [{ counter: 'refunds', amount: 1 }] });
  const leaving = verdict('allow', ['r'], { flow: ['way_out'] });
  const history = { counters: {}, flow: {} };
  shadow.observe(inputText('counted'), counting);
  shadow.observe(inputText('counted', { history }), counting);
  shadow.observe(inputText('left'), leaving);
  shadow.observe(inputText('left', { history }), leaving);
  shadow.observe(inputText('redeemed', { approval: { id: 'dec_1' } }), verdict('allow'));
  await turns();
  expect(report()).toMatchObject({ compared: 2, withoutHistory: 0 });
});

it('says when the candidate had no history to count with', async () => {
  const { shadow, report } = beside(() => verdict('allow', ['r'], { counts: [{ counter: 'refunds', amount: 1 }] }));
  shadow.observe(inputText('a'), verdict('allow'));
  await turns();
  expect(report()).toMatchObject({ compared: 1, withoutHistory: 1 });
});

it('leaves out what it cannot keep up with, and says how much', async () => {
  const { shadow, asked, report } = beside(() => verdict('allow'));
  for (let i = 0; i < 5_000; i++) shadow.observe(inputText(`${i}`), verdict('allow'));
  expect(report().dropped).toBe(4_000);
  await expect.poll(() => report().compared).toBe(1_000);
  for (let i = 0; i < 100; i++) shadow.observe(inputText('x', { note: 'y'.repeat(250_000) }), verdict('allow'));
  expect(report().dropped).toBe(4_000 + 33);
  await expect.poll(() => asked.length).toBe(1_067);
});

it('never holds others up for longer than a moment', async () => {
  const { shadow, asked } = beside(() => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return verdict('allow');
  });
  for (let i = 0; i < 100; i++) shadow.observe(inputText(`${i}`), verdict('allow'));
  let between = 0;
  while (asked.length < 100) {
    await new Promise((resolve) => setImmediate(resolve));
    between++;
  }
  expect(between).toBeGreaterThan(25);
});

it('counts where the candidate breaks, and keeps the newest thousand differences', async () => {
  const { shadow, candidate, report } = beside(() => {
    candidate.faults.throw++;
    return verdict('deny', ['policy-fault']);
  });
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 500; i++) shadow.observe(inputText(`${round}/${i}`), verdict('allow'));
    await expect.poll(() => report().compared).toBe((round + 1) * 500);
  }
  expect(report()).toMatchObject({ faults: 1_500, dropped: 0 });
  expect(report().differences).toHaveLength(1_000);
  expect(report().differences[0]?.resource).toBe('1/0');
});
