import { evolve } from '@countersign/approval';
import { digestOf, readEvent, SourceChains } from '@countersign/ledger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { oneOfEach, story } from '../test/story.js';
import { cloudEventHeaders, type Envelope } from './envelope.js';
import { dataSchema, EVENT_SCHEMA, EVENT_TYPES, eventSchemas, type RecordedType } from './event-schemas.js';
import { AUDIT_TOPIC, CHECKPOINTS_TOPIC, EVENTS_TOPIC } from './topics.js';

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, schemas: eventSchemas() });

function problems(id: string, value: unknown): string[] {
  const validate = ajv.getSchema(id)!;
  return validate(value) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The bytes that were released, and must be read for ever. A digest here is never changed; new ones may be added. */
const GOLDEN: Record<RecordedType, string> = {
  'decision.allowed': 'YyyIDX4ZSvZ1yscLb7go2TMnuIql7-0uuLye3iOiWnk',
  'decision.denied': 'dmOZfXV6LRY2tMCgwt5w0IZoYRto037DBojZVglwRa4',
  'decision.held': 'p7XYNTPOCpN2Eo9AfMfQzG3vI-eyys3lyWyOHdAhp0s',
  'decision.repeated': 'AYtjReCgcG7wp2MoQTA7v4sXaRJbvUkbufuqaEI34Ro',
  'vote.cast': 'LmiYqMWv7q7tuI4QS6sft8I4IPrZcdvyfBA9vTEq2I4',
  'vote.refused': 'RrIY6N93trAPVVbUKaWYsC2RxU3tanjQzR3VoQwg1mk',
  'vote.retracted': 'LKDVURbF3wD9RGbSufiC9oeZ4h4p7a3NJmLxOfKWRhY',
  'approval.reminded': 'rlfj1tcK5MrXa9JnfLBf1tdetynb8JKFYiArrhTZ6n8',
  'approval.escalated': 'NI6GlPv7w0c5DfIkMHtXXeQVpKRQT7xXKC6t0Vhz5ZE',
  'decision.approved': 's4wJ_hLaM0zr3yeWWHiUJkpSoo1adQPny8OsnRw6CKg',
  'decision.rejected': '0fS-fbOwfP-eoIA26ACzbiDGKE3QzKypLuVm8oVxkaE',
  'decision.expired': 'YeqkEN-a-JQQFcOYO5BKLB2jhLntv0sZMNsP4IStz8E',
  'decision.withdrawn': 'tFDqmoVr72IKeOMO8256wENNFyTnStWVDgt87uwjezs',
  'decision.stopped': 'E6GvqayLqEoXtYzV01DrwLRr9gOuaG44O7Q4m9YgBh8',
  'decision.broke_glass': 'SYVCxV37y1o4KgGecRmeaWQMM6XY_JcfFOA7Sy7ka2Q',
  'break_glass.refused': 'oB7OSfjCFV7GoSfX1WhJ88lzxia2YppX-HyYm6fsvAM',
  'review.opened': 'J7eEkQoKfISCa-vpuo1aO_qdus4yo5F6rmt03GUmpqQ',
  'review.overdue': 'uyNflSXO2KbLmLSQc3NF51b07qCt-WQgZoJnrttuW0c',
  'review.closed': 'NY9Am7nI230MAB3LpofzfHUHJnI2scFwmT4cMivUC0w',
  'decision.revoked': 'LeGiAJLABhNznBjXBuDkisy_2qUBIPRhkIetT0Sa4PA',
  'session.drawn': 'tekiHUsURzCfQXSzeMrrPEpBjySRTB8LmaFT0DJePPI',
  'session.ended': 'yHiVY6TEFDbSjEpixyfuljPbLj81jTP0bxVmQYssB9w',
  'session.expired': 'GLkBQRbw73sBoe1LRQBZlobhMyplLf8uygNy7txyABs',
  'grant.redeemed': 'uG6Jra3-Fp22wpMVsih9TJpMPsFZcPB73v5v5jNqrMc',
  'grant.refused': 'fRnT4ZLin6Eia5M626FUh5ArTioDd-_QvS8QuDHoUHA',
  'grant.expired': 'fMNnVzwU0mRUOGRa2sVpSnM5kqL7--zClg2J-FpXg_U',
  'outcome.reported': 'uYdaxdJpiJYQYiXoNCUDXxr3xLsjOJSS6TlAF9sMrJs',
  'policy.uploaded': 'ab7cLfbJFvKhaMeO6eMCeLSXUILMwMYIrqmC4Pz3PZE',
  'policy.activated': 'EPtD50A3nsCTQffkLxKtSniDYEqqhJjyz4Yif0bmwNs',
  'policy.serving': 'buwlPZkTn4DFwJ8ndtxzlijEkJ2R5eLGiC3RaWeWhoo',
  'policy.load_failed': 'CJ4dYne-rmFZVE4m6rTiruDypMvVxp4A9N7MxCLOxg4',
  'gate.stopped': 'i-NzczZKb42DJgsUJDwW8dC5FabP0UG9D2o-h8Pw-dI',
  'gate.resumed': 'alFKEcLUXrg8mDtOa6hRVWKPHDdcGIaLvkh02ASg4-g',
  'seat.delegated': '9_zFtrMLFlkrMWQoLHIAg5k1qdHOBWmQT4HK0cnlyyU',
  'seat.delegation_ended': 'XXhFGO0zGiqqt4skSTtkdfoZlnZbSXVXavqTgAeo3K4',
  'agent.flooding': 'vxcId80_JakR79Ey4eVm2rF4XN1u6vp1a-l_voHcHy4',
  'person.provisioned': 'GD-R-78LgfQB0i54LGH20opE-OfAlGsQehBO7cm39hA',
  'person.changed': 'XGvKETxsv4gegBOnaqZpK-UuoIKkH9co5ftgEtokk08',
  'person.removed': '1TQfwY9YhE-ItS9krLNTgt2kqHmshpIXYxwdF_BJEzg',
  'group.changed': 'q_2l6K9RLC9ywjy6P_4SU790Ou_DOxf5PTkMQQPqKVg',
  'token.issued': 'pqerVPmv3agDPYSUZR5cKE2kVJxo8CmDhgbm5wFam6k',
  'token.revoked': 'nBwcpO5brxIz1xAI3ZPKZrnTNxkoHVWjd-6ASUZynno',
  'person.signed_in': 'lnBJ29ikZ33kQfII_elYAUmLK1fCoBQsWnQoteO5BYk',
  'person.signed_out': 'KTgE-8_k96QPOZ0pzHheeF_HvSvPkJ3DvzgYkT9pZfA',
  'account.linked': '6u92Lad8YtheBdYv4Wj5CO9MnChg-JVcNSsjV71xo5s',
  'account.unlinked': 'M5iCUAiRbh0dyeZzsQc22UMcaxNnOuUdm2cWQT3ssZc',
};
const golden = new URL('../golden/v1/', import.meta.url);

describe('events as the rules produce them', () => {
  it('are of every type there is', () => {
    expect([...oneOfEach().keys()].sort()).toEqual([...EVENT_TYPES].sort());
  });

  it.each(story().map(({ envelope }) => [envelope.type, envelope] as const))(
    '%s is as its schema says',
    (type, envelope) => {
      expect(problems(EVENT_SCHEMA, envelope)).toEqual([]);
      expect(problems(dataSchema(type as RecordedType), envelope.data)).toEqual([]);
    },
  );

  it('are what the ledger takes, and one chain', () => {
    const chains = new SourceChains();
    for (const { envelope, bytes } of story()) {
      const { id, decision_id, source, seq, prev } = envelope;
      expect(readEvent(Buffer.from(bytes))).toMatchObject({ id, decisionId: decision_id, source, seq, prev });
      chains.add({ source, seq, prev, digest: digestOf(bytes) });
    }
    expect(chains.finish()).toEqual([]);
  });
});

describe('the schemas', () => {
  const envelope = oneOfEach().get('vote.cast')!.envelope;
  it.each<[string, unknown]>([
    ['a member nobody described', { ...envelope, extra: 1 }],
    ['a member nobody described, in the data', { ...envelope, data: { ...envelope.data, extra: 1 } }],
    ['data of another type', { ...envelope, type: 'decision.expired' }],
    ['a type nobody described', { ...envelope, type: 'vote.bought' }],
    ['a third answer', { ...envelope, data: { ...envelope.data, vote: 'maybe' } }],
    ['a time with an offset', { ...envelope, at: '2026-11-20T16:00:00.000+02:00' }],
    ['a missing voter', { ...envelope, data: { ...envelope.data, voter: undefined } }],
    ['a number that starts at zero', { ...envelope, seq: 0 }],
    ['another format version', { ...envelope, v: 2 }],
  ])('do not take %s', (_, value) => {
    expect(problems(EVENT_SCHEMA, JSON.parse(JSON.stringify(value)))).not.toEqual([]);
  });

  it('say what every member is', () => {
    const silent: string[] = [];
    const look = (node: unknown, path: string) => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, ...rest } = node as { properties?: Record<string, { description?: string; $ref?: string }> };
      for (const [name, member] of Object.entries(properties ?? {})) {
        if (!path.includes('/allOf') && !member.description && !member.$ref) silent.push(`${path}/${name}`);
        look(member, `${path}/${name}`);
      }
      for (const [name, value] of Object.entries(rest)) look(value, `${path}/${name}`);
    };
    for (const schema of eventSchemas()) look(schema, schema.$id);
    expect(silent).toEqual([]);
  });

  it('and the page about them name the same types and members', () => {
    const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
    for (const schema of eventSchemas().slice(2)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${schema.title}\``));
      expect(row, schema.title).toBeDefined();
      expect(row).toContain(schema.description);
      for (const name of Object.keys(schema['properties'] as object)) expect(row).toContain(`\`${name}\``);
    }
  });
});

describe('the AsyncAPI document', () => {
  const document = parse(readFileSync(new URL('../asyncapi.yaml', import.meta.url), 'utf8')) as {
    channels: Record<string, { address: string }>;
    components: { schemas: Record<string, { properties: object }> };
  };
  it('names the topics there are', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    expect(addresses).toEqual([EVENTS_TOPIC, AUDIT_TOPIC, CHECKPOINTS_TOPIC]);
  });

  it('names the headers that are sent, and points at what is there', () => {
    const sent = Object.keys(cloudEventHeaders(oneOfEach().get('vote.cast')!.envelope));
    expect(Object.keys(document.components.schemas['cloudEventHeaders']!.properties)).toEqual(sent);
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      if (!ref!.startsWith('#/')) expect(readFileSync(new URL(`../${ref}`, import.meta.url))).toBeDefined();
      else
        expect(
          ref!
            .slice(2)
            .split('/')
            .reduce((node, key) => (node as never)?.[key], document as unknown),
        ).toBeDefined();
    }
  });
});

describe('golden events', () => {
  it('are one of each type and nothing else', () => {
    expect(readdirSync(golden).sort()).toEqual(EVENT_TYPES.map((type) => `${type}.json`).sort());
  });

  it.each(Object.entries(GOLDEN))('%s, released once, is read for ever', (type, digest) => {
    const bytes = readFileSync(new URL(`${type}.json`, golden));
    expect(digestOf(bytes)).toBe(digest);
    expect(readEvent(bytes)).toMatchObject({ type });
    const envelope = JSON.parse(bytes.toString('utf8')) as Envelope;
    expect(problems(EVENT_SCHEMA, envelope)).toEqual([]);
    expect(cloudEventHeaders(envelope)).toMatchObject({
      ce_type: `countersign.${type}`,
      ce_subject: envelope.decision_id,
    });
  });

  it('still add up to the decision they did', () => {
    const read = (type: RecordedType) => JSON.parse(readFileSync(new URL(`${type}.json`, golden), 'utf8')) as Envelope;
    const statusAfter = (...types: RecordedType[]) =>
      types.map(read).reduce<ReturnType<typeof evolve>>(
        // One file of each type comes from several decisions: their numbers are put in order here.
        (decision, event) => evolve(decision, { ...event, version: (decision?.version ?? 0) + 1 }),
        undefined,
      )?.status;
    expect(statusAfter('decision.allowed')).toBe('ALLOWED');
    expect(statusAfter('decision.allowed', 'grant.expired')).toBe('EXPIRED');
    expect(statusAfter('decision.denied')).toBe('DENIED');
    expect(statusAfter('decision.held', 'decision.repeated', 'vote.refused', 'vote.cast')).toBe('PENDING');
    const waiting = ['approval.escalated', 'approval.reminded', 'vote.cast', 'vote.retracted'] as const;
    expect(statusAfter('decision.held', ...waiting)).toBe('PENDING');
    expect(statusAfter('decision.held', 'decision.rejected')).toBe('DENIED');
    const broken = [
      'decision.held',
      'decision.broke_glass',
      'review.opened',
      'review.overdue',
      'review.closed',
    ] as const;
    expect(statusAfter(...broken)).toBe('ALLOWED');
    expect(statusAfter('decision.held', 'decision.stopped')).toBe('DENIED');
    expect(statusAfter('decision.held', 'decision.expired')).toBe('EXPIRED');
    expect(statusAfter('decision.held', 'decision.withdrawn')).toBe('WITHDRAWN');
    const approved = ['decision.held', 'vote.cast', 'decision.approved'] as const;
    expect(statusAfter(...approved, 'grant.refused')).toBe('ALLOWED');
    expect(statusAfter(...approved, 'decision.revoked')).toBe('REVOKED');
    expect(statusAfter(...approved, 'grant.redeemed', 'outcome.reported')).toBe('REDEEMED');
  });

  it('about the gate itself, and about people, are no decision, and change none', () => {
    const read = (type: RecordedType) => JSON.parse(readFileSync(new URL(`${type}.json`, golden), 'utf8')) as Envelope;
    const held = evolve(undefined, read('decision.held'))!;
    for (const type of EVENT_TYPES.filter((name) => /^(policy|gate|person|group|agent|token|account)\./.test(name))) {
      expect(evolve(undefined, read(type))).toBeUndefined();
      expect(evolve(held, { ...read(type), version: 2 })).toMatchObject({ status: 'PENDING', approval: held.approval });
    }
  });
});
