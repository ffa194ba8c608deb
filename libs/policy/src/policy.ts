import type { Verdict } from '@countersign/approval';
import type { ShadowReport } from './shadow.js';

/** A compiled policy as people list it. */
export interface BundleInfo {
  /** Content address: "sha256:" and 64 hex digits. */
  revision: string;
  active: boolean;
  /** Where it came from. */
  source: BundleSource;
  /** The folder, file or URL, without anything secret. */
  location: string;
  role: BundleRole;
  /** RFC 3339, UTC. */
  loaded_at: string;
  /** The areas it has packages for, in order; "everywhere" is one of them when present. */
  areas: string[];
}

export type BundleSource = 'folder' | 'default' | 'file' | 'url' | 'database';

/** The previous one is warm, for an instant rollback; a candidate is evaluated beside the serving one and never answers. */
export type BundleRole = 'serving' | 'previous' | 'candidate';

/** What happened to the policy that serves. */
export type PolicyEvent =
  | { type: 'serving'; revision: string; previous?: string; source: BundleSource; location: string }
  | { type: 'rolled-back'; revision: string; previous: string; source: BundleSource; location: string }
  /** The old one goes on. `revision` is there when what could not serve could at least be read. */
  | { type: 'load-failed'; location: string; revision?: string; code: string; message: string };

export type PolicyListener = (event: PolicyEvent) => void;

/**
 * The policy decision point as intake sees it, in this process or in another. A policy that is broken answers with a
 * denial; one that cannot be reached throws a Fault with code `policy-unavailable`, and nothing else is ever thrown.
 */
export interface Policy {
  /** Takes the whole policy input as canonical JSON text. */
  evaluate(inputText: string): Verdict | Promise<Verdict>;
  readonly revision: string;
  /** The serving one first. */
  bundles(): BundleInfo[];
  /** Why it cannot answer now, in a line that is safe to show; undefined when it can. */
  problem(): string | undefined;
  /** Why no newer bundle could be loaded while the serving one goes on, in a line that is safe to show. */
  warning(): string | undefined;
  /** Tells of changes from now on. Returns what ends that. */
  on(listener: PolicyListener): () => void;
  /** What the candidate would have answered since it is one. Undefined when there is none. */
  shadowReport(): ShadowReport | undefined | Promise<ShadowReport | undefined>;
  close(): void;
}
