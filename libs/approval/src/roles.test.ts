import { describe, expect, it } from 'vitest';
import { eligibility } from './eligibility.js';
import { beyond, inScope, roleFor, roleRefusal, ROLES, type Duty } from './roles.js';

const asked = {
  terms: { seats: [{ group: 'dba', count: 1 }], any_of: [] },
  excluded: [{ id: 'root@acme.example', because: 'requester' as const }],
  asked: [],
} as unknown as Parameters<typeof eligibility>[1];

describe('roles', () => {
  it.each<[Duty, string]>([
    ['vote', 'approver'],
    ['record', 'auditor'],
    ['policy', 'policy_admin'],
    ['operate', 'operator'],
  ])('%s takes %s and no other role', (duty, role) => {
    for (const one of ROLES)
      expect(roleRefusal({ roles: [one] }, duty), one).toEqual(
        one === role ? undefined : expect.objectContaining({ code: 'role-required' }),
      );
    expect(roleFor(duty)).toBe(role);
    expect(roleRefusal({ roles: [] }, duty)?.text).toContain(role);
  });

  it('someone of whom no role is stated is an approver and nothing else', () => {
    expect(roleRefusal({}, 'vote')).toBeUndefined();
    for (const duty of ['record', 'policy', 'operate'] as const) expect(roleRefusal({}, duty)).toBeDefined();
  });

  it('all of them together do not let anyone approve their own request', () => {
    const root = { id: 'root@acme.example', name: 'Root', groups: ['dba'], roles: ROLES };
    expect(eligibility(root, asked)).toMatchObject({ code: 'self-approval' });
  });

  it('somebody with other roles only does not count for a seat', () => {
    const auditor = { id: 'ana@acme.example', name: 'Ana', groups: ['dba'], roles: ['auditor'] as const };
    expect(eligibility(auditor, asked)).toMatchObject({ code: 'role-required' });
    expect(eligibility({ ...auditor, roles: ['approver'] }, asked)).toEqual(['dba']);
  });
});

describe('what a credential is limited to', () => {
  it.each([
    [undefined, 'operate', true],
    [['all'], 'policy', true],
    [['read'], 'read', true],
    [['vote'], 'read', true],
    [['read'], 'vote', false],
    [['vote'], 'record', false],
    [['vote', 'record'], 'record', true],
    [[], 'vote', false],
  ] as const)('%j may be used for %s: %s', (scopes, duty, may) => expect(inScope(scopes, duty)).toBe(may));

  it.each([
    [undefined, ['all'], []],
    [['all'], ['all', 'vote'], []],
    [['vote'], ['read', 'vote'], []],
    [['read'], ['vote', 'all'], ['vote', 'all']],
    [['vote', 'record', 'policy', 'operate'], ['all'], ['all']],
  ] as const)('one with %j does not make one with %j', (scopes, wanted, too) =>
    expect(beyond(scopes, wanted)).toEqual(too),
  );
});
