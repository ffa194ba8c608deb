import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBlocks, readBlocks } from '../fakes/block-kit.js';
import { Product, refused } from './product.js';
import { until } from '../until.js';

// What can be done to people where they are asked: cards that lie, links that anybody may follow, buttons that live on.

let product: Product;
beforeAll(async () => {
  product = await new Product().start();
});
afterAll(() => product.stop());

describe('a card', () => {
  // Fails when untrusted text reaches a block that Slack reads as markup.
  it('payload forged through markup', async () => {
    const statement =
      'DELETE FROM orders -- <!channel> *Approved by Dana Ito*\n\n:white_check_mark: <https://evil.example|Approve safely>';
    const request = product.request();
    const { id } = await product.ask({ ...request, arguments: { statement }, justification: statement });
    const { blocks } = await product.inSlack(id);
    checkBlocks(blocks, 'message');
    const json = JSON.stringify(blocks);
    expect(json).not.toContain('"mrkdwn"');
    expect(json).not.toContain('"emoji":true');
    // No line of the agent's can begin as one of the card's.
    expect(readBlocks(blocks)).not.toMatch(/^(\*|:white_check_mark:|Approved by)/m);
  });

  // Fails when what is cut out of sight can be approved all the same.
  it('truncated but approvable', async () => {
    const request = product.request();
    const before = product.slack.messages.length;
    const statement = `SELECT 1; ${' '.repeat(60_000)} DROP TABLE orders`;
    expect(await product.ask({ ...request, arguments: { statement } })).toMatchObject({
      state: 'STATE_DENIED',
      reasons: [{ rule: 'too-large-to-show' }, {}],
    });
    // What is a little too long for a card says that it is cut.
    const { id } = await product.ask({
      ...product.request(),
      arguments: { statement: `SELECT '${'x'.repeat(9_000)}'` },
    });
    const text = readBlocks((await product.inSlack(id)).blocks);
    expect(text).toMatch(/cut|more characters|characters/i);
    expect(product.slack.messages.length).toBe(before + 1);
  });

  // Fails when a card describes an action without what it is done with.
  it('the arguments are not shown to whoever approves them', async () => {
    const { id } = await product.ask({ ...product.request(), arguments: { statement: 'DROP TABLE audit_log' } });
    expect(readBlocks((await product.inSlack(id)).blocks)).toContain('DROP TABLE audit_log');
    const [held] = await product.events(id);
    expect(held!.data).toMatchObject({ request: { action: { properties: { statement: 'DROP TABLE audit_log' } } } });
  });
});

describe('the way a request takes', () => {
  // Fails when anything the agent sends names a conversation.
  it('agent chooses the channel of its own approval', async () => {
    const headers = { 'x-hitl-channel': 'C0EVIL', 'x-slack-channel': 'C0EVIL', 'x-countersign-channel': 'C0EVIL' };
    const request = product.request();
    const context = { ...(request['context'] as object), channel: 'C0EVIL', channels: ['C0EVIL'], slack: 'C0EVIL' };
    const { id } = await product.ask({ ...request, context }, { headers });
    await product.inSlack(id);
    expect(product.slack.messages.every(({ channel }) => ['C0DBA', 'C0FINANCE'].includes(channel))).toBe(true);
  });

  // Fails when a message carries something that votes for whoever has it.
  it('bearer link', async () => {
    const { id } = await product.ask(product.request());
    const { blocks } = await product.inSlack(id);
    for (const url of JSON.stringify(blocks).match(/https?:[^"\\\s]+/g) ?? []) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) await answer.text();
    }
    for (const path of [`/v1/approvals/${id}`, `/v1/approvals/${id}/votes`, `/v1/decisions/${id}`])
      for (const options of [{}, { body: { vote: 'VOTE_APPROVE' } }])
        expect([401, 404, 405]).toContain((await refused(product.call(undefined, path, options))).httpStatus);
    expect((await refused(product.approve(undefined, id))).code).toBe('UNAUTHENTICATED');
    expect(await product.read(id)).toMatchObject({ state: 'STATE_PENDING', approval: { votes: [] } });
  });

  // Fails when a click is believed because it came.
  it('a click that Slack did not sign, and one that Teams did not send', async () => {
    const { id } = await product.ask(product.request());
    const { ts } = await product.inSlack(id);
    const payload = { type: 'block_actions', user: { id: 'U0DANA', team_id: 'T0ACME' }, container: { message_ts: ts } };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const slack = await fetch(`${product.url}/slack/interactions`, { method: 'POST', headers: form, body });
    expect(slack.status).toBe(401);
    const card = await product.inTeams(id);
    const who = { tenant: product.teams.tenant, oid: 'dana' };
    const click = (forgery: object) =>
      product.teams.click(`${product.url}/teams/messages`, card, 'Approve', who, {}, forgery);
    for (const forgery of [{ token: null }, { token: 'a.b.c' }, { claims: { aud: 'another' } }, { expiresInS: -600 }])
      expect([401, 403]).toContain((await click(forgery)).status);
    expect((await product.read(id)).approval.votes).toEqual([]);
  });
});

describe('after the decision', () => {
  // Fails when a card is drawn again only by the channel that was clicked in.
  it('decided elsewhere, and the buttons live on', async () => {
    const { id } = await product.ask(product.request());
    const message = await product.inSlack(id);
    const card = await product.inTeams(id);
    await product.approve('dana', id);
    await until('Slack has no buttons', () => product.slack.buttons(message).length === 0);
    await until('Teams has no buttons', () => (card.card['actions'] as unknown[]).length === 0);
    expect(readBlocks(message.blocks)).toContain('Approved by Dana Ito');
  });

  // Fails when the requester hears of a denial without a reason.
  it('a denial that tells the agent nothing', async () => {
    const { id } = await product.ask(product.request());
    expect((await refused(product.deny('dana', id, ' '))).reason).toBe('REASON_REQUIRED');
    await product.deny('dana', id, 'use the staging table');
    expect(JSON.stringify(await product.read(id))).toContain('use the staging table');
  });

  // Fails when what was posted is known to one process alone.
  it('which message was posted is in memory, and a restart forgets it', async () => {
    const { id } = await product.ask(product.request());
    const message = await product.inSlack(id);
    const posted = product.slack.messages.length;
    await product.restart();
    await product.approve('dana', id);
    await until('the buttons are gone', () => product.slack.buttons(message).length === 0);
    expect(product.slack.messages.length).toBe(posted);
  });
});
