import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ListStopsResponseSchema,
  ResumeActionsResponseSchema,
  SERVICES,
  StopActionsResponseSchema,
} from '@countersign/contract';
import { parseDuration } from '../duration.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { stopText } from '../stop-text.js';
import { joinTexts, say } from '../terminal.js';
import { verb } from '../verb.js';

const { listStops, resumeActions, stopActions } = SERVICES.GateService.method;

export const stop = verb({
  name: 'stop',
  summary: 'stop an agent, an area or everything, at once',
  about:
    'Whatever is asked in its scope from now on is denied, what waits is ended, and unused permissions are revoked. ' +
    'For operators; whoever owns an agent may stop that agent. It does not ask for confirmation: a brake must not.',
  usage: '(--agent <id> | --area <name> | --all) --reason <text>',
  options: {
    agent: { type: 'string', value: '<id>', help: 'all that this agent does' },
    area: { type: 'string', value: '<name>', help: 'all actions whose names begin with this segment: db' },
    all: { type: 'boolean', help: 'everything' },
    reason: { type: 'string', value: '<text>', help: 'why; required, and told to agents' },
    for: { type: 'string', value: '<duration>', help: 'it ends by itself after that: 30m, 8h' },
    security: { type: 'boolean', help: "for security reasons: the agent's owner cannot lift it" },
  },
  examples: [
    'countersign stop --agent release-bot --reason "its key was found in a public log" --security',
    'countersign stop --area db --reason "restore under way" --for 2h',
    'countersign stop --all --reason "incident 4711"',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, now }) {
    const { agent = '', area = '', all = false, reason, security = false } = values;
    if (!reason?.trim())
      throw new UsageError('a stop needs a reason that agents and people are told: add --reason "…"');
    const until =
      values.for === undefined ? {} : { until: timestampFromMs(now().getTime() + parseDuration(values.for, '--for')) };
    const answer = await client().unary(stopActions, { agent, area, all, reason, security, ...until });
    if (terminal.json) terminal.value(asJson(StopActionsResponseSchema, answer));
    else terminal.print(stopText(answer.stop!, now()));
    if (!answer.inEffectEverywhere) terminal.warn(say`not every process has confirmed it yet: see countersign stops`);
    return EXIT.ok;
  },
});

export const resume = verb({
  name: 'resume',
  summary: 'lift a stop',
  about:
    'For operators. Whoever owns the agent may lift only what they placed themselves, and never a stop for security reasons. ' +
    'What was ended or revoked stays so: agents ask again.',
  usage: '<id> --reason <text>',
  takes: { min: 1, max: 1 },
  options: { reason: { type: 'string', value: '<text>', help: 'why; required' } },
  examples: ['countersign resume stp_01JD8Q1V8Y6M3T9W2K5N7P4R0C --reason "it has a new key"'],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [id], client, terminal }) {
    const { reason } = values;
    if (!reason?.trim()) throw new UsageError('lifting a stop needs a reason: add --reason "…"');
    const answer = await client().unary(resumeActions, { id: id!, reason });
    if (terminal.json) terminal.value(asJson(ResumeActionsResponseSchema, answer));
    else terminal.print(say`${say`Resumed.`.styled('green')} What was ended or revoked stays so.`);
    return EXIT.ok;
  },
});

export const stops = verb({
  name: 'stops',
  summary: 'list what is stopped',
  about: 'The stops that are in force, the oldest first: what, until when, who and why.',
  options: {},
  examples: ['countersign stops'],
  exits: [0, 1, 2, 3],
  async run({ client, terminal, now }) {
    const answer = await client().unary(listStops, {});
    if (terminal.json) terminal.value(asJson(ListStopsResponseSchema, answer));
    else if (answer.stops.length === 0) terminal.print(say`nothing is stopped`);
    else
      terminal.print(
        joinTexts(
          answer.stops.map((one) => stopText(one, now())),
          '\n\n',
        ),
      );
    return EXIT.ok;
  },
});
