import { createReadStream } from 'node:fs';
import { Fault, SERVICES } from '@countersign/contract';
import type { RecordedAnswer } from '@countersign/policy/authoring';
import type { Client } from './client.js';
import { UsageError } from './exit.js';
import { firstIndexSince } from './ledger-search.js';
import type { Option } from './verb.js';
import { parseTime } from './when.js';

// Requests from the record, one at a time: from a running service, or from lines that `audit export` wrote.

export const TRAFFIC = {
  from: {
    type: 'string',
    value: '<file|-|live>',
    help: 'recorded requests: what audit export wrote, "-" for standard input, or the running service',
  },
  since: {
    type: 'string',
    value: '<when>',
    help: 'only requests from then on: 2026-01-15T10:00:00Z, or 24h ago as 24h',
  },
  until: { type: 'string', value: '<when>', help: 'only requests before then' },
} as const satisfies Record<string, Option>;

export interface TrafficOptions {
  from: string;
  since?: string | undefined;
  until?: string | undefined;
  client: () => Client;
  stdin: NodeJS.ReadableStream;
  signal: AbortSignal;
  now: Date;
}

/** The answers of policy in the record, in its order. Throws a Fault `unreadable` at a line that is no record. */
export async function* recordedAnswers(options: TrafficOptions): AsyncGenerator<RecordedAnswer> {
  const { isAnswer } = await import('@countersign/policy/authoring');
  const ago = { before: options.now };
  const since = options.since === undefined ? -Infinity : parseTime(options.since, '--since', ago);
  const until = options.until === undefined ? Infinity : parseTime(options.until, '--until', ago);
  for await (const event of options.from === 'live' ? liveEvents(options, since) : fileEvents(options)) {
    if (!isAnswer(event)) continue;
    const at = Date.parse(event.at);
    if (at >= since && at < until) yield event;
  }
  if (options.signal.aborted) throw new Fault('interrupted', 'stopped before the end of the record');
}

interface RecordedEvent {
  type: string;
  version?: number;
}

async function* liveEvents({ client, signal }: TrafficOptions, since: number): AsyncGenerator<RecordedEvent> {
  const fromIndex = since > 0 ? await firstIndexSince(client(), since) : 0n;
  for await (const { type, body } of client().stream(SERVICES.AuditService.method.export, { fromIndex }, signal)) {
    if (isInteresting(type)) yield JSON.parse(Buffer.from(body).toString('utf8')) as RecordedEvent;
  }
}

async function* fileEvents({ from, stdin, signal }: TrafficOptions): AsyncGenerator<RecordedEvent> {
  const where = from === '-' ? 'standard input' : from;
  let number = 0;
  for await (const line of linesOf(from === '-' ? stdin : createReadStream(from), where)) {
    if (signal.aborted) return;
    number += 1;
    if (line.trim() !== '') yield readLine(line, `line ${number} of ${where}`);
  }
}

/** Lines one after the other, read no faster than they are used: a record may be larger than memory. */
async function* linesOf(input: NodeJS.ReadableStream, where: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of input) {
      const text = rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
      const lines = text.split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    const why = (error as Error).message;
    throw new UsageError(`${where} cannot be read (${why}): give a file that audit export wrote, "-" or live`);
  }
  if (rest !== '') yield rest;
}

/** A line of `audit export` holds the event in base64; one of `audit export --bodies` is the event. */
function readLine(line: string, where: string): RecordedEvent {
  try {
    const read = JSON.parse(line) as { v?: unknown; type?: unknown; body?: unknown };
    if (typeof read.type !== 'string') throw new SyntaxError('it has no type');
    if (typeof read.body !== 'string') {
      if (read.v === 1) return read as RecordedEvent;
      throw new SyntaxError('it has no body');
    }
    if (!isInteresting(read.type)) return { type: read.type };
    return JSON.parse(Buffer.from(read.body, 'base64').toString('utf8')) as RecordedEvent;
  } catch (error) {
    const why = (error as Error).message;
    throw new Fault('unreadable', `${where} is not a line that audit export writes, with or without --bodies: ${why}`);
  }
}

/** Most events of a record are not answers, and need not be unpacked. */
function isInteresting(type: string): boolean {
  return type.startsWith('decision.');
}
