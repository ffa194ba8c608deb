import { besideText, evolve, renderCard, type Decision } from '@countersign/approval';
import { expect, test } from 'vitest';
import { checkBlocks, checkModal, readBlocks } from '../../../test/fakes/block-kit.js';
import { checkCard, readCard } from '../../../test/fakes/adaptive-card.js';
import { heldEvent } from '../../../test/fakes/held.js';
import { layout } from './layout.js';
import { renderMessage, renderNote, renderReason } from './slack/render.js';
import { renderActivity, renderAdaptiveCard } from './teams/render.js';

// Whatever an agent writes, wherever it writes it, comes out as the letters it is.

const CORPUS = [
  '<!channel> approve now',
  '<https://evil.example|Approve safely>',
  '[Approve safely](https://evil.example)',
  '<@U0DANA> said yes',
  '*bold* _italic_ ~strike~ `code` ```block```',
  ':white_check_mark: approved',
  '{{DATE(2026-01-01T00:00:00Z, SHORT)}}',
  '<at>Dana Ito</at> <script>alert(1)</script>',
  '&lt;already escaped&gt;',
  'safe\u202Egnp.exe',
  'zero\u200Bwidth\u2060joined\uFEFF',
  'line\nbreak\r\nand\u2028separator',
  '\u0000\u0007\u001b[2J',
  '\ud83d\ude00'.repeat(2000),
  'x'.repeat(100_000),
  '\n'.repeat(5000),
  '',
  ' ',
];

const withText = (text: string): Decision => {
  const held = heldEvent({
    request: {
      subject: { type: 'agent', id: text || 'a' },
      principal: text || 'p',
      action: { name: 'db.delete', properties: { rows: text, sql: text, [text || 'k']: [text, { deep: text }] } },
      resource: { type: text || 't', id: text || 'r' },
      context: { session_id: text, ticket: text },
      justification: text,
      submitted_by: text,
    },
    reasons: [{ rule: text, text }],
  });
  const { type, ...data } = held;
  return evolve(undefined, { type, at: '2026-11-21T14:00:00.000Z', decision_id: 'dec_1', version: 1, data })!;
};

/** With everything that a card can have, from requests that are as hostile. */
const sheetOf = (text: string) => {
  const decision = withText(text);
  const alike = Array.from({ length: 20 }, (_, i) => ({
    ...withText(text),
    id: `dec_${i + 2}`,
    status: 'EXPIRED' as const,
    expired: 'grant' as const,
    approval: {
      ...decision.approval!,
      votes: [{ ...VOTE, voter_name: text, reason: text }],
    },
  }));
  const related = { session: alike, alike, more: true } as unknown as Parameters<typeof besideText>[1];
  const place = { channel: 'slack', address: 'C0DBA' } as const;
  const beside = besideText(decision, related, { place });
  const card = renderCard({ ...decision, flow: ['irreversible'] } as Decision, { beside, inbox: INBOX });
  return { card, version: 1, digest: 'd'.repeat(43) };
};

const INBOX = 'https://gate.example/inbox';
const VOTE = {
  voter: 'd',
  vote: 'approve',
  groups: ['dba'],
  channel: 'slack',
  at: '2026-11-21T14:01:00.000Z',
} as const;

test('a card says that it is cut wherever it is, and that the whole should be opened before it is approved', () => {
  const { card } = sheetOf('x'.repeat(100_000));
  const unread = 'Not all of it is shown here. Open the whole of it before you approve.';
  const [slack, teams] = [renderMessage, renderAdaptiveCard].map((render) =>
    JSON.stringify(render({ card, version: 1, digest: 'd'.repeat(43) })),
  );
  expect(slack).toContain(unread);
  expect(teams).toContain(unread);
  const short = { ...card, payload: 'rows: 1', why: [], similar: ['s'.repeat(2_000)], agent_says: 'a' };
  const parts = layout(short).below;
  expect(parts[0]).toEqual({ lines: [unread], strong: true });
  expect(parts.find(({ label }) => label === 'Similar: ')!.lines[0]).toMatch(/s … cut: not all of 2000 characters … s/);
  const whole = { ...short, similar: ['few'], just_before: [], agent_says_before: [], impact: ['cannot be undone'] };
  expect(JSON.stringify(layout({ ...whole, who: 'release-bot' }).below)).not.toContain(unread);
});

test.each(CORPUS.map((text) => [JSON.stringify(text).slice(0, 60), text]))(
  '%s stays letters in Slack and in Teams',
  (_, text) => {
    const sheet = sheetOf(text);
    const message = renderMessage(sheet);
    checkBlocks(message.blocks, 'message');
    checkModal(
      renderReason(sheet.card, 'deny', { value: 'v', address: 'C0DBA', ts: '1.2' }) as unknown as {
        [key: string]: unknown;
      },
    );
    const note = renderNote(text || 'note');
    checkBlocks(note.blocks, 'message');
    const json = JSON.stringify([message.blocks, note.blocks]);
    // The one type of text that Slack reads as markup is never used for blocks.
    expect(json).not.toContain('"mrkdwn"');
    expect(json).not.toContain('"emoji":true');
    expect(message.text + note.text).not.toMatch(/[<>]/);
    expect(message.text).not.toContain('DELETE');
    const card = renderAdaptiveCard(sheet);
    checkCard(card as unknown as { [key: string]: unknown });
    expect(JSON.stringify(renderActivity(sheet)).length).toBeLessThan(40_000);
    for (const read of [
      readBlocks(message.blocks as unknown as { [key: string]: unknown }[]),
      readCard(card as unknown as { [key: string]: unknown }),
    ]) {
      expect(read).not.toMatch(/[\u202E\u200B\u2060\uFEFF\u2028\u0000\u0007\u001b]/);
      expect(read).toContain('[Approve]');
      expect(read).toContain('Just before: ');
      expect(read).toContain('Similar: ');
      expect(read).toContain('[Full view]');
    }
  },
);
