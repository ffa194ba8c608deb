import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@countersign/contract';
import { opaJson, runOpa } from '../opa-run.js';
import { ROOTS, type Stage } from '../stage.js';
import { keyOf, probesOf, probeText, type Conditions, type Probe } from './probes.js';

const MOST_ROUNDS = 20;

interface OpaErrors {
  errors?: { message: string; location?: { file: string; row: number } }[];
}

/**
 * Writes probes into the staged modules, by path. A condition may use a variable that a later one sets, for opa orders them
 * itself: opa is asked which probes cannot stand alone, and those conditions are tried later.
 */
export async function instrument(opa: string, { cwd, files }: Stage, rules: Map<string, Conditions[]>): Promise<void> {
  const [bare, dropped] = [new Set<string>(), new Set<string>()];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const lines = new Map<string, { probe: Probe; from: number }[]>();
    for (const [path, asked] of rules) {
      const probes = asked.flatMap(probesOf).filter((probe) => !dropped.has(keyOf(probe)));
      const written = layOut(files.get(path)!, probes, bare);
      lines.set(path, written.lines);
      await writeFile(join(cwd, path), written.text);
    }
    const output = await runOpa(opa, ['check', '--format', 'json', '--max-errors', '5000', ...ROOTS], cwd);
    if (output.code === 0) return;
    const { errors = [] } = opaJson<OpaErrors>({ ...output, stdout: output.stderr }, 'check');
    const broken = errors.map((error) => ({ error, probe: probeAt(error.location, lines) }));
    const foreign = broken.find(({ probe }) => probe === undefined);
    if (foreign) throw new Fault('policy-compile', `the policies do not compile: ${foreign.error.message}`);
    mend(
      broken.map(({ probe }) => probe!),
      bare,
      dropped,
    );
  }
  throw new Fault('policy-compile', 'the conditions of a rule cannot be taken apart');
}

function layOut(module: string, probes: readonly Probe[], bare: ReadonlySet<string>) {
  let text = `${module.trimEnd()}\n\n`;
  const lines = probes.map((probe) => {
    const from = text.split('\n').length;
    text += probeText(probe, bare.has(keyOf(probe)));
    return { probe, from };
  });
  return { text, lines };
}

function probeAt(
  location: { file: string; row: number } | undefined,
  lines: ReadonlyMap<string, readonly { probe: Probe; from: number }[]>,
): Probe | undefined {
  return lines.get(location?.file ?? '')?.findLast(({ from }) => from <= location!.row)?.probe;
}

/** Values first: they are worth less than knowing how far a rule got. Then the order, one place at a time. */
function mend(broken: readonly Probe[], bare: Set<string>, dropped: Set<string>): void {
  const first = new Map<Conditions, number>();
  for (const probe of broken) {
    const key = keyOf(probe);
    if (probe.kind === 'without') dropped.add(key);
    else if (!bare.has(key)) bare.add(key);
    else first.set(probe.of, Math.min(first.get(probe.of) ?? Infinity, probe.step));
  }
  for (const [conditions, step] of first) {
    const { order } = conditions;
    // The prefix before this step stands, so its last condition is the one that comes too early.
    const early = step - 1;
    if (early < 0 || step >= order.length) continue;
    [order[early], order[step]] = [order[step]!, order[early]!];
    // In the new order there may be values after all.
    for (const probe of probesOf(conditions)) bare.delete(keyOf(probe));
  }
}
