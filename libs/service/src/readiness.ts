/** Whether a part works, and if not, why: one line, safe to show. */
export type Probe = () => Promise<string | undefined> | string | undefined;

/** What /readyz and grpc.health.v1 report: ready when every part is. */
export class Readiness {
  readonly #probes = new Map<string, Probe>();
  readonly #warnings = new Map<string, Probe>();

  add(part: string, probe: Probe): void {
    this.#probes.set(part, probe);
  }

  /** Adds what should be looked after although the part works. */
  warn(part: string, probe: Probe): void {
    this.#warnings.set(part, probe);
  }

  /** The problems, by part; empty when ready. */
  problems(): Promise<Record<string, string>> {
    return ask(this.#probes);
  }

  /** What does not keep anybody from working, by part. */
  warnings(): Promise<Record<string, string>> {
    return ask(this.#warnings);
  }
}

async function ask(probes: ReadonlyMap<string, Probe>): Promise<Record<string, string>> {
  const found = await Promise.all(
    [...probes].map(async ([part, probe]) => {
      try {
        const problem = await probe();
        return problem === undefined ? [] : [[part, problem] as const];
      } catch {
        return [[part, 'the check itself does not answer'] as const];
      }
    }),
  );
  return Object.fromEntries(found.flat());
}
