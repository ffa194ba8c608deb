import type { Verdict } from '@countersign/approval';

/** A compiled policy as people list it. */
export interface BundleInfo {
  /** Content address: "sha256:" and 64 hex digits. */
  revision: string;
  active: boolean;
  /** Where it came from. */
  source: BundleSource;
  /** RFC 3339, UTC. */
  loaded_at: string;
  /** The areas it has packages for, in order; "everywhere" is one of them when present. */
  areas: string[];
}

export type BundleSource = 'folder' | 'default' | 'file';

/**
 * The policy decision point as intake sees it, in this process or in another. A policy that is broken answers with a
 * denial; one that can not be reached throws a Fault with code `policy-unavailable`, and nothing else is ever thrown.
 */
export interface Policy {
  /** Takes the whole policy input as canonical JSON text. */
  evaluate(inputText: string): Verdict | Promise<Verdict>;
  readonly revision: string;
  bundles(): BundleInfo[];
  /** Why it can not answer now, in a line that is safe to show; undefined when it can. */
  problem(): string | undefined;
  close(): void;
}
