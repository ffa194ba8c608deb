import type { PolicyHost } from './host.js';

/** The metrics of a host. They are read when they are asked for. */
export function addHostMetrics(
  gauge: (name: string, help: string, read: () => number) => void,
  host: PolicyHost,
): void {
  gauge('policy_faults', 'Evaluations that broke and therefore denied.', () => host.counts.faults);
  gauge('policy_instances_retired', 'WASM instances dropped after an exception.', () => host.counts.retired);
  gauge(
    'policy_loaded_at',
    'When the serving policy was loaded, in seconds since 1970; 0 without one.',
    () => host.loadedAt,
  );
  gauge('policy_load_failures', 'Policies that could not be had or loaded.', () => host.loadFailures);
  gauge('policy_kept', '1 while the policy kept from before serves, because its origin cannot be had.', () =>
    Number(host.kept),
  );
  const shadow = () => host.shadowReport();
  gauge('policy_shadow_compared', 'Requests that the candidate was asked too.', () => shadow()?.compared ?? 0);
  gauge('policy_shadow_differing', 'Requests that the candidate would have answered otherwise.', () =>
    (shadow()?.effects ?? []).reduce((sum, { live, candidate, count, differing }) => {
      return sum + (live === candidate ? differing : count);
    }, 0),
  );
  gauge(
    'policy_shadow_dropped',
    'Requests that the candidate was not asked, because too many waited.',
    () => shadow()?.dropped ?? 0,
  );
  gauge('policy_shadow_faults', 'Requests on which the candidate broke.', () => shadow()?.faults ?? 0);
}
