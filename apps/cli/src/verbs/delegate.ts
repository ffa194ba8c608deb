import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  DelegateSeatResponseSchema,
  EndDelegationResponseSchema,
  ListDelegationsResponseSchema,
  SERVICES,
  type Delegation,
} from '@countersign/contract';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { joinTexts, say, type Text } from '../terminal.js';
import { verb } from '../verb.js';
import { clock, parseTime } from '../when.js';

const { delegateSeat, endDelegation, listDelegations } = SERVICES.ApprovalService.method;

export const delegate = verb({
  name: 'delegate',
  summary: 'hand your seat in a group to another person for a time',
  about:
    'They answer for that group while you are away, at most 30 days, and cannot hand it on. The two of you count as one. ' +
    'Nobody may sit on your seat where you could not: what you own or asked for yourself stays for others to decide.',
  usage: '--to <person> --group <group> --until <time>',
  options: {
    to: { type: 'string', value: '<person>', help: 'the id of the person' },
    group: { type: 'string', value: '<group>', help: 'one of your groups' },
    from: { type: 'string', value: '<time>', help: 'when it begins: 3d, or a time; at once without it' },
    until: {
      type: 'string',
      value: '<time>',
      help: 'a duration from its beginning like 8h or 7d, or a time like 2026-12-01T09:00Z',
    },
    reason: { type: 'string', value: '<text>', help: 'why, for the record' },
  },
  examples: [
    'countersign delegate --to ben@acme.example --group dba --until 7d --reason "on holiday"',
    'countersign delegate --to ben@acme.example --group dba --from 2026-12-21T08:00Z --until 14d',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, now }) {
    const { to, group, from, until, reason = '' } = values;
    if (!to || !group || !until)
      throw new UsageError('say to whom, of which group and until when: --to, --group, --until');
    const begins = from === undefined ? undefined : parseTime(from, '--from', { after: now() });
    const ends = parseTime(until, '--until', { after: begins === undefined ? now() : new Date(begins) });
    const startsAt = begins === undefined ? {} : { startsAt: timestampFromMs(begins) };
    const asked = { to, group, until: timestampFromMs(ends), reason, ...startsAt };
    const answer = await client().unary(delegateSeat, asked);
    if (terminal.json) terminal.value(asJson(DelegateSeatResponseSchema, answer));
    else terminal.print(delegationText(answer.delegation!, now()));
    return EXIT.ok;
  },
});

export const delegateEnd = verb({
  name: 'delegate end',
  summary: 'end a hand-over of a seat before its time',
  about: 'For whoever handed the seat over, or holds it. Votes that were cast on it no longer count.',
  usage: '<id>',
  takes: { min: 1, max: 1 },
  options: {},
  examples: ['countersign delegate end dlg_01JD8Q1V8Y6M3T9W2K5N7P4R0C'],
  exits: [0, 1, 2, 3],
  async run({ positionals: [id], client, terminal }) {
    const answer = await client().unary(endDelegation, { id: id! });
    if (terminal.json) terminal.value(asJson(EndDelegationResponseSchema, answer));
    else terminal.print(say`The seat in ${answer.delegation!.group} is back with ${answer.delegation!.byName}.`);
    if (!answer.inEffectEverywhere) terminal.warn(say`not every process has confirmed it yet`);
    return EXIT.ok;
  },
});

export const delegations = verb({
  name: 'delegations',
  summary: 'list the seats you have handed over or hold for others',
  about: 'Those that have not ended, the oldest first.',
  options: {},
  examples: ['countersign delegations'],
  exits: [0, 1, 2, 3],
  async run({ client, terminal, now }) {
    const answer = await client().unary(listDelegations, {});
    if (terminal.json) terminal.value(asJson(ListDelegationsResponseSchema, answer));
    else if (answer.delegations.length === 0) terminal.print(say`no seat is handed over`);
    else
      terminal.print(
        joinTexts(
          answer.delegations.map((one) => delegationText(one, now())),
          '\n\n',
        ),
      );
    return EXIT.ok;
  },
});

function delegationText({ id, byName, toName, group, since, until, reason }: Delegation, now: Date): Text {
  const why = reason ? `\n  ${reason}` : '';
  const begins = since && timestampDate(since) > now ? `  from ${clock(timestampDate(since), now)}` : '';
  return say`${toName} holds the seat of ${byName} in ${group}${begins}  until ${clock(timestampDate(until!), now)}${why}
  ${say`countersign delegate end ${id}`.styled('cyan')}`;
}
