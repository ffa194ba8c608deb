import { describe, expect, it } from 'vitest';
import { pending, REQUEST, terms, verdict } from '../test/office.js';
import { renderCard } from './card.js';
import { redact } from './redact.js';
import type { ActionRequest } from './request.js';

const SECRET = 'hunter2';
const request: ActionRequest = {
  subject: { type: 'agent', id: 'release-bot', properties: { note: 'n' } },
  principal: 'lee',
  action: {
    name: 'messaging.send',
    properties: {
      to: ['public@acme', SECRET, `${SECRET}@x`],
      body: { text: 'hi', key: SECRET },
      'a/b~c': SECRET,
      list: [1],
      none: null,
    },
  },
  resource: { type: 'inbox', id: 'ops', properties: { owner: SECRET } },
  context: { session_id: SECRET, ticket: `OPS-${SECRET}`, other: 1 },
  justification: `because ${SECRET}`,
};
const shownBy = (...pointers: string[]) => redact(request, pointers);

describe('redaction', () => {
  it('without pointers nothing is hidden, and what is given is never changed', () => {
    const before = JSON.stringify(request);
    expect(shownBy()).toEqual({ arguments: request.action.properties, request, hidden: [] });
    shownBy('/arguments', '/context', '/resource', '/subject/id');
    expect(JSON.stringify(request)).toBe(before);
  });

  it.each([
    ['/arguments/body/key', ['body'], { text: 'hi' }],
    ['/action/properties/body/key', ['body'], { text: 'hi' }],
    ['/arguments/body', ['body'], undefined],
    ['/arguments/a~1b~0c', ['a/b~c'], undefined],
    ['/arguments/none', ['none'], undefined],
    ['/arguments/to/1', ['to'], ['public@acme', '(hidden by policy)', `${SECRET}@x`]],
  ])('%s hides what it points to', (pointer, [member], left) => {
    const { arguments: shown, hidden } = shownBy(pointer);
    expect(shown[member!]).toEqual(left);
    expect(hidden).toHaveLength(1);
  });

  it('two pointers into one list hide both elements: the first does not move the second', () => {
    expect(shownBy('/arguments/to/1', '/arguments/to/2', '/arguments/to/1').arguments['to']).toEqual([
      'public@acme',
      '(hidden by policy)',
      '(hidden by policy)',
    ]);
  });

  it.each([
    '/arguments/absent',
    '/arguments/to/9',
    '/arguments/to/length',
    '/arguments/to/-',
    '/arguments/to/01',
    '/arguments/list/0/x',
    '/arguments/__proto__',
    '/arguments/constructor',
    '/nothing',
    '/',
  ])('%s points at nothing, and hides and counts nothing', (pointer) =>
    expect(shownBy(pointer)).toEqual({ arguments: request.action.properties, request, hidden: [] }),
  );

  it('all arguments can be hidden at once', () => {
    expect(shownBy('/arguments')).toMatchObject({ arguments: {}, hidden: ['/action/properties'] });
    expect(redact({ ...request, action: { name: 'x' } }, ['/arguments']).hidden).toEqual([]);
  });

  it.each(['', 'arguments/body', '$.body', '/arguments/a~2b', '/arguments/a~'])(
    'what is no pointer hides all arguments and the context, rather than nothing: "%s"',
    (pointer) => {
      const { arguments: shown, request: left } = shownBy(pointer);
      expect(shown).toEqual({});
      expect(left.context).toBeUndefined();
    },
  );

  it('what a request cannot be shown without is covered, not removed', () => {
    const { request: left } = shownBy('/subject/id', '/resource/id', '/action/name');
    expect([left.subject.id, left.resource.id, left.action.name]).toEqual(Array(3).fill('(hidden by policy)'));
    expect(shownBy('/resource').request.resource).toEqual({ type: '(hidden by policy)', id: '(hidden by policy)' });
    expect(shownBy('/action').request.action).toEqual({ name: '(hidden by policy)' });
    expect(shownBy('/subject').request.subject).toEqual({ type: '(hidden by policy)', id: '(hidden by policy)' });
  });

  it('a hidden value is nowhere on the card: not in the payload, not in the headline, not among the references', () => {
    const redacted = [
      '/arguments/to/1',
      '/arguments/to/2',
      '/arguments/body/key',
      '/arguments/a~1b~0c',
      '/context/session_id',
      '/context/ticket',
      '/justification',
    ];
    const card = (pointers: string[]) =>
      renderCard(pending({ request, verdict: verdict({ approval: terms({ redact: pointers }) }) }));
    expect(JSON.stringify(card([]))).toContain(SECRET);
    const text = JSON.stringify(card(redacted));
    expect(text).not.toContain(SECRET);
    expect(card(redacted).payload).toContain('… 7 fields hidden by policy');
    expect(card(redacted).headline).toBe('Send a message to public@acme, (hidden by policy), (hidden by policy)');
    expect(card(['/arguments']).payload).toBe('… 1 field hidden by policy');
    expect(card(['/arguments/to']).headline).toBe('Send a message to ops');
  });

  it('the digest still binds what is hidden', () => {
    const decision = pending({
      request: REQUEST,
      verdict: verdict({ approval: terms({ redact: ['/arguments/rows'] }) }),
    });
    expect(renderCard(decision).action_digest).toBe(decision.action_digest);
    expect(renderCard(decision).headline).toBe('Delete an unknown number of rows from prod.orders');
  });
});
