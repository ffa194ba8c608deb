import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Stop } from '@countersign/contract';
import { say, type Text } from './terminal.js';
import { clock } from './when.js';

/** A stop for people: what, until when, who and why, and whether all of it is carried through. */
export function stopText(stop: Stop, now: Date): Text {
  const what = stop.all ? 'everything' : stop.agent ? `agent ${stop.agent}` : `area ${stop.area}`;
  const until = stop.until ? `until ${clock(timestampDate(stop.until), now)}` : 'until somebody resumes';
  const since = stop.createdAt ? `, ${clock(timestampDate(stop.createdAt), now)}` : '';
  const kind = stop.security ? ' (security)' : '';
  const left = stop.finished ? '' : '\n  what waits and what is permitted is still being ended';
  return say`${say`STOPPED`.styled('red')}  ${what}  ${until}${kind}
  ${stop.reason} (${stop.byName}${since})${left}
  ${say`countersign resume ${stop.id} --reason "…"`.styled('cyan')}`;
}
