import { Fault } from '@countersign/contract';
import { PolicyEngine } from '../engine.js';
import { compileFolder } from '../folder.js';
import { packageOf, type Module } from '../rego/ast.js';
import { parseModules } from '../rego/parse.js';
import { staged } from '../stage.js';
import { lintEntryRules } from './entry-rules.js';
import { inOrder, toFinding, type Finding, type Found } from './finding.js';
import { lintHistory } from './history-use.js';
import { layoutFindings, opaFindings } from './opa-check.js';
import { regalFindings } from './regal.js';
import { lintRouting } from './routing.js';
import { lintRuleObjects } from './rule-objects.js';

export interface CheckOptions {
  opa: string;
  /** Another name for regal than "regal" on PATH. */
  regal?: string;
}

export interface CheckReport {
  findings: Finding[];
  /** Packages that were read. */
  packages: number;
  /** Whether regal was there to be asked. */
  regal: boolean;
  /** What it compiles to, when it compiles. */
  revision?: string;
}

/** Everything that can be told of a policy folder without asking it anything. Throws a Fault when it cannot be read at all. */
export async function checkPolicies(folder: string, { opa, regal }: CheckOptions): Promise<CheckReport> {
  return staged(folder, { tests: true }, async (stage) => {
    const findings = await opaFindings(opa, stage);
    const isPolicy = (path: string) => path.startsWith('policies/') && !path.endsWith('_test.rego');
    const modules = [...(await parseModules(opa, stage, isPolicy)).values()];
    findings.push(...lint(modules).map((one) => toFinding(one, stage.origin)));
    findings.push(...(await layoutFindings(opa, stage)));
    const regalSays = await regalFindings(stage, regal);
    findings.push(...(regalSays ?? []));
    // What opa refuses does not compile, and says so better than the compiler would.
    const refused = findings.some(({ code }) => code.startsWith('rego_'));
    const loaded = refused ? undefined : await load(folder, opa);
    if (loaded?.finding) findings.push(loaded.finding);
    return {
      findings: inOrder(findings),
      packages: new Set(modules.map(packageOf)).size,
      regal: regalSays !== undefined,
      ...(loaded?.revision ? { revision: loaded.revision } : {}),
    };
  });
}

/** Our own lints over parsed modules. */
export function lint(modules: readonly Module[]): Found[] {
  const own = modules.flatMap((module) => [...lintEntryRules(module), ...lintRuleObjects(module)]);
  return [...own, ...lintRouting(modules), ...lintHistory(modules)];
}

/** Compiles it and has the engine of the service take it, which tries it on an ordinary request to each area. */
async function load(folder: string, opa: string): Promise<{ revision?: string; finding?: Finding }> {
  try {
    const { bundle } = await compileFolder(folder, opa);
    await PolicyEngine.open(bundle);
    return { revision: bundle.revision };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const place = { file: folder, line: 1, column: 1 };
    return { finding: { ...place, severity: 'error', code: `countersign/${error.code}`, message: error.message } };
  }
}
