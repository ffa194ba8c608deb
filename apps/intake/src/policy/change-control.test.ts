import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { State, Vote, type Envelope } from '@countersign/contract';
import { digestOf, SourceChains } from '@countersign/ledger';
import { openPolicyHost, parseBundle, signBundle } from '@countersign/policy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ANA,
  BEN,
  BOT,
  CHANGING,
  DANA,
  LEE,
  READ,
  SAM,
  SERVICE_TOKEN,
  approvals,
  decisions,
  eventsOf,
  newPlace,
  People,
  policies,
  startGate,
  typesOf,
  upload,
  type Gate,
} from '../../../../test/gate.js';
import { until } from '../../../../test/until.js';
import { archiveOf, FIRST, release } from '../../../../test/releases.js';

let place: Awaited<ReturnType<typeof newPlace>>;
let gate: Gate;
let other: Gate;
const people = new People();
let restore: () => void;

beforeAll(async () => {
  place = await newPlace();
  const options = { ...place, policies: CHANGING, directory: people };
  [gate, other] = [await startGate(options), await startGate(options)];
  // Ana, Ben and Dana are security here: an author, somebody who asks, and somebody who may approve.
  const done = new Promise<void>((resolve) => (restore = resolve));
  void people.changed(
    (text) => text.replace('[dba, oncall]', '[dba, oncall, security]'),
    () => done,
  );
});
afterAll(async () => {
  restore();
  await Promise.all([gate, other].map((one) => one?.stop()));
  await place?.remove();
});

const activate = (token: string, revision: string, decisionId = '', reason = 'tried for a week') =>
  gate.grpc.call(token, policies.activateBundle, { revision, reason, decisionId });
const rollback = (token: string, decisionId = '') =>
  gate.grpc.call(token, policies.rollbackBundle, { reason: 'too much is held', decisionId });
const vote = (token: string, id: string) => gate.grpc.call(token, approvals.castVote, { id, vote: Vote.APPROVE });
const answersAs = async (one: Gate) => (await one.grpc.call(BOT, decisions.decide, READ)).reasons[0]?.rule;

/** Activates by hand what the tests after it start from. */
async function activated(revision: string): Promise<string> {
  const { decision } = await activate(BEN, revision);
  await vote(DANA, decision!.id);
  expect(await activate(BEN, revision, decision!.id)).toMatchObject({ activated: true });
  return decision!.id;
}

/** Facts about the gate itself, the oldest first. */
async function facts(type: string): Promise<Envelope[]> {
  const { rows } = await place.admin.query<{ body: Buffer }>(
    `select body from events where decision_id like 'pol%' order by tx, pos`,
  );
  return rows.map(({ body }) => JSON.parse(body.toString()) as Envelope).filter((event) => event.type === type);
}

describe('a policy is changed', () => {
  const two = release('two');
  let id: string;

  it('by uploading what is checked, kept and recorded, and serves nobody yet', async () => {
    expect(await answersAs(gate)).toBe('release-one');
    const bundle = await upload(gate, ANA, two.archive, 'asks more often');
    expect(bundle).toMatchObject({
      revision: two.revision,
      known: false,
      active: false,
      role: '',
      author: 'ana@acme.example',
      note: 'asks more often',
      changes: { from: FIRST.revision, summary: 'data changed', dataChanged: true, codeChanged: false },
    });
    expect((await facts('policy.uploaded')).at(-1)).toMatchObject({
      data: { revision: two.revision, author: 'ana@acme.example', archive_digest: digestOf(two.archive) },
    });
    expect(await answersAs(gate)).toBe('release-one');
    // Whoever has it too does not become its author, and takes it from nobody.
    expect(await upload(other, SAM, two.archive)).toMatchObject({ known: true, author: 'ana@acme.example' });
  });

  it('by asking, like any other action: it is held, and says who wrote what', async () => {
    const { decision, activated: done, bundle } = await activate(BEN, two.revision);
    expect(done).toBe(false);
    expect(decision).toMatchObject({ state: State.PENDING, mayAct: false, grant: '' });
    expect(bundle).toMatchObject({ revision: two.revision, active: false });
    id = decision!.id;
    const view = await gate.grpc.call(DANA, approvals.getApproval, { id });
    expect(view).toMatchObject({
      canVote: true,
      subject: { type: 'person', id: 'ben@acme.example' },
      card: {
        headline: `Activate policy ${two.revision.slice(0, 19)}… by ana@acme.example: data changed`,
        who: 'ben@acme.example (Ben Okafor)',
      },
    });
    expect(JSON.parse(view.argumentsJson)).toMatchObject({
      author: 'ana@acme.example',
      from: FIRST.revision,
      to: two.revision,
      rollback: false,
      reason: 'tried for a week',
      changes: { added: 0, changed: 0, removed: 0, data: true, code: false },
      rules: '',
    });
    // Asked once more, people are not asked twice.
    expect((await activate(BEN, two.revision)).decision?.id).toBe(id);
  });

  it('not by its author, nor by whoever asked', async () => {
    await expect(vote(ANA, id)).rejects.toMatchObject({ reason: 'SELF_APPROVAL', message: /You wrote the policy/ });
    await expect(vote(BEN, id)).rejects.toMatchObject({ reason: 'SELF_APPROVAL', message: /You made this request/ });
    expect((await activate(BEN, two.revision, id)).activated).toBe(false);
    expect(await answersAs(gate)).toBe('release-one');
  });

  it('once somebody else has approved, for the one who asked, in every process within a second', async () => {
    await vote(DANA, id);
    expect(await answersAs(gate)).toBe('release-one');
    await expect(activate(SAM, two.revision, id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    const { decision, activated: done, bundle } = await activate(BEN, two.revision, id);
    expect(done).toBe(true);
    expect(decision).toMatchObject({ id, state: State.REDEEMED });
    expect(bundle).toMatchObject({ active: true, role: 'serving', activatedBy: 'ben@acme.example', decisionId: id });
    const [mine] = (await gate.grpc.call(BOT, decisions.decide, READ)).reasons;
    expect(mine?.rule).toBe('release-two');
    await until('the other process follows', async () => (await answersAs(other)) === 'release-two', 1_000);
    expect((await gate.grpc.call(BOT, decisions.decide, READ)).policy?.revision).toBe(two.revision);
  });

  it('once, and not a second time', async () => {
    await expect(activate(BEN, two.revision, id)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'GRANT_USED',
    });
    await expect(activate(BEN, two.revision)).rejects.toMatchObject({ reason: 'SERVES_ALREADY' });
  });

  it('and the record shows all of it', async () => {
    expect(await typesOf(place.admin, id)).toEqual([
      'decision.held',
      'decision.repeated',
      'vote.refused',
      'vote.refused',
      'vote.cast',
      'decision.approved',
      'grant.redeemed',
      'outcome.reported',
      'grant.refused',
    ]);
    const [held] = await eventsOf(place.admin, id);
    expect(held!.data.excluded).toEqual([
      { id: 'ben@acme.example', because: 'requester' },
      { id: 'ana@acme.example', because: 'author' },
    ]);
    expect(await facts('policy.activated')).toMatchObject([
      {
        version: 1,
        data: {
          revision: two.revision,
          previous: FIRST.revision,
          by: 'ben@acme.example',
          author: 'ana@acme.example',
          decision_id: id,
          rollback: false,
          reason: 'tried for a week',
          archive_digest: digestOf(two.archive),
          changes: { from: FIRST.revision, summary: 'data changed' },
        },
      },
    ]);
    await until('both have said what they serve', async () => {
      const serving = (await facts('policy.serving')).filter(({ data }) => data.revision === two.revision);
      return new Set(serving.map(({ source }) => source)).size === 2;
    });
  });
});

describe('a change is refused', () => {
  it('when another bundle serves by then, also to whoever was quicker with theirs', async () => {
    const [three, four] = [release('three'), release('four')];
    for (const { archive } of [three, four]) await upload(gate, LEE, archive);
    const asked = await activate(BEN, three.revision);
    await vote(DANA, asked.decision!.id);
    await activated(four.revision);
    await expect(activate(BEN, three.revision, asked.decision!.id)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'SERVING_CHANGED',
    });
    expect(await answersAs(gate)).toBe('release-four');
    // Nothing was used up: it was not this that was approved.
    expect(await typesOf(place.admin, asked.decision!.id)).not.toContain('grant.redeemed');
  });

  it('to all but one of those who activate at the same moment', async () => {
    const bundles = ['a', 'b', 'c', 'd'].map((name) => release(`race-${name}`));
    const ids: string[] = [];
    for (const { archive, revision } of bundles) {
      await upload(gate, LEE, archive);
      const { decision } = await activate(BEN, revision);
      await vote(DANA, decision!.id);
      ids.push(decision!.id);
    }
    const before = (await facts('policy.activated')).length;
    const results = await Promise.allSettled(
      bundles.map(({ revision }, i) =>
        [gate, other][i % 2]!.grpc.call(BEN, policies.activateBundle, { revision, decisionId: ids[i]! }),
      ),
    );
    const won = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ reason: 'SERVING_CHANGED' });
    expect(await facts('policy.activated')).toHaveLength(before + 1);
    await until('both follow', async () =>
      (await Promise.all([gate, other].map(answersAs))).every((rule) => rule === `release-race-${'abcd'[won]}`),
    );
  });

  it('when its approver is no longer one, or it was taken back', async () => {
    const five = release('five');
    await upload(gate, LEE, five.archive);
    const { decision } = await activate(BEN, five.revision, '', 'for five');
    await vote(DANA, decision!.id);
    // Dana has left security.
    await people.changed(
      (text) => text.replace('Olu Peters', 'Olu P'),
      async () => {
        await expect(activate(BEN, five.revision, decision!.id)).rejects.toMatchObject({ reason: 'APPROVER_GONE' });
      },
    );
    await gate.grpc.call(DANA, approvals.revokeDecision, { id: decision!.id, reason: 'second thoughts' });
    await expect(activate(BEN, five.revision, decision!.id)).rejects.toMatchObject({ reason: 'GRANT_REVOKED' });
  });

  it('with the decision of another bundle, of an agent, or with none at all', async () => {
    const six = release('six');
    await upload(gate, LEE, six.archive);
    const { decision } = await activate(BEN, six.revision);
    await expect(activate(BEN, FIRST.revision, decision!.id)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(rollback(BEN, decision!.id)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const bots = await gate.grpc.call(BOT, decisions.decide, READ);
    await expect(activate(BEN, six.revision, bots.id)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(activate(BEN, six.revision, 'dec_x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(activate(BEN, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(activate(BEN, 'latest')).rejects.toMatchObject({ fields: [{ field: 'revision' }] });
  });

  it('to agents and services, whatever they ask', async () => {
    const revision = FIRST.revision;
    for (const token of [BOT, SERVICE_TOKEN]) {
      await expect(activate(token, revision)).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
      await expect(rollback(token)).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
      await expect(upload(gate, token, FIRST.archive)).rejects.toMatchObject({ reason: 'NOT_A_PERSON' });
      await expect(gate.grpc.call(token, policies.setCandidate, { revision })).rejects.toMatchObject({
        reason: 'NOT_A_PERSON',
      });
    }
    await expect(gate.grpc.call(BOT, policies.listBundles, {})).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('to people without the role policy_admin, however many groups they are in', async () => {
    const refused = { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' };
    const archive = release('ops').archive;
    await expect(upload(gate, 'cs_dev_ops', archive)).rejects.toMatchObject(refused);
    const options = { body: archive } as never;
    await expect(gate.http('cs_dev_ops', '/v1/policy/bundles', options)).rejects.toMatchObject(refused);
    await expect(activate('cs_dev_ops', FIRST.revision)).rejects.toMatchObject(refused);
    await expect(rollback('cs_dev_ops')).rejects.toMatchObject(refused);
  });
});

describe('an upload is refused', () => {
  it.each<[string, Buffer, RegExp]>([
    ['that is no archive', Buffer.from('hello'), /cannot be read/],
    ['that is empty', Buffer.alloc(0), /is empty/],
    ['that was cut off', FIRST.archive.subarray(0, 9_000), /cannot be read/],
    ['without compiled code', archiveOf({ 'policy.rego': 'package x' }), /holds no policy.wasm/],
    ['whose code is none', archiveOf({ 'policy.wasm': 'not wasm' }), /cannot be loaded/],
  ])('%s, and says why', async (_, archive, message) => {
    await expect(upload(gate, SAM, archive)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message,
      fields: [{ field: 'archive' }],
    });
  });

  it('without a header, or with one in the middle', async () => {
    const chunk = { part: { case: 'chunk' as const, value: new Uint8Array(3) } };
    const header = { part: { case: 'header' as const, value: { note: '' } } };
    for (const messages of [[], [chunk], [header, chunk, header], [header, {}]])
      await expect(gate.grpc.send(SAM, policies.uploadBundle, messages)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
  });
});

describe('going back', () => {
  it('is decided too, and takes what served before', async () => {
    const seven = release('seven', { rollback: 'allow' });
    await upload(gate, LEE, seven.archive);
    const before = await answersAs(gate);
    const decisionId = await activated(seven.revision);
    expect(await answersAs(gate)).toBe('release-seven');
    // This policy lets anybody go back at once.
    const back = await rollback(LEE);
    expect(back).toMatchObject({ activated: true, decision: { state: State.ALLOWED }, bundle: { role: 'serving' } });
    expect(await answersAs(gate)).toBe(before);
    expect((await facts('policy.activated')).at(-1)).toMatchObject({
      data: { rollback: true, previous: seven.revision, by: 'lee@acme.example', reason: 'too much is held' },
    });
    await expect(activate(BEN, seven.revision, decisionId)).rejects.toMatchObject({ reason: 'GRANT_USED' });
    // And forth again, by those who have a say in it.
    const { decision } = await rollback(BEN);
    expect(decision).toMatchObject({ state: State.PENDING });
    await vote(ANA, decision!.id);
    expect(await rollback(BEN, decision!.id)).toMatchObject({ activated: true });
    expect(await answersAs(gate)).toBe('release-seven');
  });

  it('is denied when policy says so, with the reason', async () => {
    const strict = release('strict', { rollback: 'deny' });
    await upload(gate, LEE, strict.archive);
    await activated(strict.revision);
    expect(await rollback(BEN)).toMatchObject({
      activated: false,
      decision: { state: State.DENIED, final: true, reasons: [{ rule: 'policy-change' }] },
    });
    expect(await answersAs(gate)).toBe('release-strict');
  });
});

describe('what people see', () => {
  it('is every bundle and its part, the serving one first', async () => {
    const all = await gate.grpc.call(SAM, policies.listBundles, {});
    expect(all.bundles.map(({ role }) => role).slice(0, 2)).toEqual(['serving', 'previous']);
    expect(all.bundles.find(({ revision }) => revision === FIRST.revision)).toMatchObject({
      author: 'countersign',
      note: 'served before any other was activated',
    });
    const few = await gate.grpc.call(SAM, policies.listBundles, { pageSize: 3 });
    const rest = await gate.grpc.call(SAM, policies.listBundles, { pageSize: 200, pageToken: few.nextPageToken });
    const revisions = [...few.bundles, ...rest.bundles].map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revisions.sort()).toEqual(all.bundles.map(({ revision }) => revision).sort());
  });

  it('is the same over HTTP', async () => {
    const eight = release('eight');
    const answer = await gate.http<{ bundle: { revision: string; note: string } }>(
      LEE,
      '/v1/policy/bundles?note=by%20curl',
      { method: 'POST', body: eight.archive, headers: { 'content-type': 'application/gzip' } },
    );
    expect(answer.bundle).toMatchObject({ revision: eight.revision, note: 'by curl' });
    expect(await gate.http(LEE, `/v1/policy/bundles/${eight.revision}`)).toMatchObject({ author: 'lee@acme.example' });
    const asked = await gate.http<{ decision: { state: string } }>(
      BEN,
      `/v1/policy/bundles/${encodeURIComponent(eight.revision)}:activate`,
      { body: { reason: 'over HTTP' } },
    );
    expect(asked.decision.state).toBe('STATE_PENDING');
    const { bundles } = await gate.http<{ bundles: object[] }>(SAM, '/v1/policy/bundles');
    expect(bundles[0]).toMatchObject({ active: true, role: 'serving' });
  });
});

describe('the bundle server', () => {
  const get = (token: string | undefined, headers: Record<string, string> = {}, path = 'active') =>
    fetch(`http://127.0.0.1:${gate.httpPort}/v1/bundles/${path}`, {
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    });

  it('gives what serves to services and people, once', async () => {
    const [serving] = (await gate.grpc.call(SAM, policies.listBundles, {})).bundles;
    for (const token of [SERVICE_TOKEN, SAM]) {
      const answer = await get(token);
      expect(answer.status).toBe(200);
      const archive = Buffer.from(await answer.arrayBuffer());
      expect(parseBundle(archive, 'url', 'x').revision).toBe(serving!.revision);
      const etag = answer.headers.get('etag')!;
      expect((await get(token, { 'if-none-match': etag })).status).toBe(304);
    }
    expect((await get(BOT)).status).toBe(403);
    expect((await get(undefined)).status).toBe(401);
  });

  it('is what a decision service elsewhere follows, at once', async () => {
    const source = `http://127.0.0.1:${gate.httpPort}/v1/bundles/active`;
    const places = { source, token: SERVICE_TOKEN, pollMs: 10_000, dataDir: place.dataDir, log: () => undefined };
    const host = await openPolicyHost(places);
    expect(`release-${host.revision}`).toBe(
      `release-${(await gate.grpc.call(BOT, decisions.decide, READ)).policy!.revision}`,
    );
    const next = release('elsewhere');
    await upload(gate, LEE, next.archive);
    await activated(next.revision);
    await until('it follows', () => host.revision === next.revision, 2_000);
    host.close();
  });

  it('keeps who can wait waiting until another one serves', async () => {
    const etag = (await get(SERVICE_TOKEN)).headers.get('etag')!;
    const prefer = { 'if-none-match': etag, prefer: 'modes=snapshot;wait=30' };
    const nine = release('nine');
    await upload(gate, LEE, nine.archive);
    const waiting = get(SERVICE_TOKEN, prefer);
    await activated(nine.revision);
    const answer = await waiting;
    expect(answer.headers.get('content-type')).toBe('application/vnd.openpolicyagent.bundles');
    expect(answer.headers.get('etag')).toBe(`"${nine.revision}"`);
    expect(answer.status).toBe(200);
    const short = { 'if-none-match': `"${nine.revision}"`, prefer: 'wait=1' };
    expect((await get(SERVICE_TOKEN, short)).status).toBe(304);
  });
});

describe('a candidate', () => {
  it('is evaluated beside what serves in every process, and answers nobody', async () => {
    const ten = release('ten');
    await upload(gate, LEE, ten.archive);
    const before = await answersAs(gate);
    await gate.grpc.call(SAM, policies.setCandidate, { revision: ten.revision });
    for (const one of [gate, other]) {
      await until('it is loaded', async () => {
        const { bundles } = await one.grpc.call(SAM, policies.listBundles, {});
        return bundles.some(({ revision, loadedAt }) => revision === ten.revision && loadedAt !== undefined);
      });
    }
    const compared = async () => {
      expect(await answersAs(gate)).toBe(before);
      const report = await gate.grpc.call(SAM, policies.getShadowReport, {});
      return report.compared > 0n ? report : undefined;
    };
    await until('they are compared', async () => (await compared()) !== undefined);
    const report = await compared();
    expect(report).toMatchObject({
      candidate: { revision: ten.revision },
      effects: [{ live: 'allow', candidate: 'allow' }],
    });
    expect(report!.differences[0]).toMatchObject({
      subject: 'release-bot',
      action: 'db.read',
      candidate: { rules: ['release-ten'] },
    });
    // Who is asked about it is told what it was seen to do.
    const { decision } = await activate(BEN, ten.revision);
    const asked = await gate.grpc.call(DANA, approvals.getApproval, { id: decision!.id });
    expect(JSON.parse(asked.argumentsJson)).toMatchObject({ loosened: 0 });
    const candidate = await fetch(`http://127.0.0.1:${gate.httpPort}/v1/bundles/candidate`, {
      headers: { authorization: `Bearer ${SERVICE_TOKEN}` },
    });
    expect(candidate.headers.get('etag')).toBe(`"${ten.revision}"`);
    await gate.grpc.call(SAM, policies.clearCandidate, {});
    const { bundles } = await gate.grpc.call(SAM, policies.listBundles, {});
    expect(bundles.map(({ role }) => role)).not.toContain('candidate');
    await until('none is evaluated', async () => {
      const { candidate: none } = await gate.grpc.call(SAM, policies.getShadowReport, {});
      return none === undefined;
    });
    // What they approved holds, although nothing is seen any more.
    await vote(DANA, decision!.id);
    expect(await activate(BEN, ten.revision, decision!.id)).toMatchObject({ activated: true });
  });
});

describe('a bundle that cannot be loaded', () => {
  it('leaves the old one serving, says so, and is on the record', async () => {
    const eleven = release('eleven');
    const before = await answersAs(gate);
    await upload(gate, LEE, eleven.archive);
    // Somebody damages it where it is kept, and has it serve without asking.
    const serve = async (revision: string) => {
      await place.admin.query('update serving_bundle set revision = $1', [revision]);
      await place.admin.query(`notify countersign_policy, 'x'`);
    };
    const [{ revision: was }] = (await place.admin.query<{ revision: string }>('select revision from serving_bundle'))
      .rows as [{ revision: string }];
    await place.admin.query('update bundle_archives set archive = $1 where revision = $2', [
      release('evil').archive,
      eleven.revision,
    ]);
    await serve(eleven.revision);
    await until('both have said so', async () => (await facts('policy.load_failed')).length === 2);
    expect((await facts('policy.load_failed'))[0]).toMatchObject({
      data: {
        location: 'database',
        code: 'policy-bundle',
        message: expect.stringContaining(eleven.revision) as string,
      },
    });
    expect(await answersAs(gate)).toBe(before);
    const { bundles, warning } = await gate.grpc.call(SAM, policies.listBundles, {});
    expect(warning).toContain(eleven.revision);
    expect(bundles[0]).toMatchObject({ revision: eleven.revision, active: true, warning });
    await serve(was);
  });
});

it('where keys are configured, only what is signed with one is taken in, and gone back to', async () => {
  const own = await newPlace();
  const key = { id: 'release', algorithm: 'HS256' as const, key: 'a secret that only the pipeline of the company has' };
  await writeFile(join(own.dataDir, 'keys.json'), JSON.stringify({ release: { algorithm: 'HS256', key: key.key } }));
  const keys = { COUNTERSIGN_POLICY_KEYS: join(own.dataDir, 'keys.json') };
  const strict = await startGate({ ...own, policies: CHANGING, directory: people, env: keys });
  const { archive, revision } = release('two');
  await expect(upload(strict, LEE, archive)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: /not signed/ });
  const forged = signBundle(archive, { ...key, key: 'another secret, of somebody who would like to be asked' });
  await expect(upload(strict, LEE, forged)).rejects.toMatchObject({ reason: 'POLICY_SIGNATURE' });
  await upload(strict, LEE, signBundle(archive, key));
  const { decision } = await strict.grpc.call(BEN, policies.activateBundle, { revision });
  await strict.grpc.call(DANA, approvals.castVote, { id: decision!.id, vote: Vote.APPROVE });
  const use = { revision, decisionId: decision!.id };
  expect(await strict.grpc.call(BEN, policies.activateBundle, use)).toMatchObject({ activated: true });
  expect(await answersAs(strict)).toBe('release-two');
  await expect(strict.grpc.call(BEN, policies.rollbackBundle, {})).rejects.toMatchObject({
    reason: 'BUNDLE_NOT_SIGNED',
  });
  await strict.stop();
  await own.remove();
});

it('where a setting says where policies come from, they are not changed here', async () => {
  const own = await newPlace();
  const elsewhere = await startGate({ ...own, policies: CHANGING, env: { COUNTERSIGN_POLICIES: CHANGING } });
  const two = release('two');
  await upload(elsewhere, LEE, two.archive);
  const refused = { code: 'FAILED_PRECONDITION', reason: 'POLICIES_FROM_ELSEWHERE', message: /COUNTERSIGN_POLICIES/ };
  const { revision } = two;
  await expect(elsewhere.grpc.call(BEN, policies.activateBundle, { revision })).rejects.toMatchObject(refused);
  await expect(elsewhere.grpc.call(BEN, policies.rollbackBundle, {})).rejects.toMatchObject(refused);
  await expect(elsewhere.grpc.call(BEN, policies.setCandidate, { revision })).rejects.toMatchObject(refused);
  const { bundles } = await elsewhere.grpc.call(BEN, policies.listBundles, {});
  expect(bundles.map(({ role, source }) => [role, source])).toEqual([
    ['serving', 'file'],
    ['', 'database'],
  ]);
  await elsewhere.stop();
  await own.remove();
});

it('what two processes have written all the while is one chain each', async () => {
  const { rows } = await place.admin.query<{ body: Buffer }>('select body from events order by tx, pos');
  const chains = new SourceChains();
  for (const { body } of rows) {
    const { source, seq, prev } = JSON.parse(body.toString()) as Envelope;
    chains.add({ source, seq, prev, digest: digestOf(body) });
  }
  expect(chains.finish()).toEqual([]);
});
