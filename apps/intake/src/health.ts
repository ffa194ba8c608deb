import { scopeText, type Stop } from '@countersign/approval';
import type { Directory } from '@countersign/directory';
import type { KeyFolder } from '@countersign/keys';
import type { Policy } from '@countersign/policy';
import type { Metrics, Readiness } from '@countersign/service';
import type { Registry, Writer } from '@countersign/store';
import type { Decisions } from './decisions.js';
import type { Stops } from './gate/stops.js';
import type { Reviews } from './glass/reviews.js';
import type { Relay } from './relay.js';

/** What says how intake is. */
export interface HealthSources {
  decisions: Decisions;
  registry: Registry;
  policy: Policy;
  folder: KeyFolder;
  stops: Stops;
  reviews: Reviews;
  directory: () => Directory;
  writer: Writer;
  relay: Relay;
  now: () => Date;
}

/** Tells /readyz and /metrics how intake is. What only people can mend is a warning, and keeps no request away. */
export function reportHealth(
  { readiness, metrics }: { readiness: Readiness; metrics: Metrics },
  { decisions, registry, policy, folder, stops, reviews, directory, writer, relay, now }: HealthSources,
): void {
  readiness.add('database', async () => {
    await decisions.reader.ping();
    return undefined;
  });
  readiness.add('registry', () => (registry.stale ? 'the database has not answered for a while' : undefined));
  readiness.add('policy', () => policy.problem());
  readiness.add('grant_keys', () => (folder.keys().length === 0 ? folder.problem() : undefined));
  readiness.warn('grant_keys', () => (folder.keys().length > 0 ? folder.problem() : undefined));
  readiness.warn('policy', () => policy.warning());
  metrics.gauge('writer_queue', 'Answers waiting for a commit.', () => writer.depth);
  readiness.warn('stops', () => stopsWarning(stops.inForce(now().toISOString())));
  readiness.warn('owners', () => ownersWarning(directory().ownerProblems()));
  readiness.warn('reviews', () => {
    const { length } = reviews.overdue();
    return length === 0 ? undefined : `${length} reviews of broken glass are overdue`;
  });
  metrics.gauge('reviews_open', 'Reviews of broken glass that are open.', () => reviews.open().length);
  metrics.gauge('reviews_overdue', 'Reviews of broken glass that are overdue.', () => reviews.overdue().length);
  metrics.gauge('stops', 'Stops in force.', () => stops.inForce(now().toISOString()).length);
  metrics.gauge('relay_failing_seconds', 'For how long events could not be published.', () =>
    relay.failingSince === undefined ? 0 : (Date.now() - relay.failingSince) / 1000,
  );
}

function stopsWarning([first, ...others]: Stop[]): string | undefined {
  if (!first) return undefined;
  return `stopped: ${scopeText(first.scope)}${others.length > 0 ? `, and ${others.length} more` : ''}`;
}

function ownersWarning([first, ...others]: string[]): string | undefined {
  if (first === undefined) return undefined;
  return `${first}, so that nothing the agent asks is permitted${others.length > 0 ? `, and ${others.length} more` : ''}`;
}
