// Facts about the gate itself: which policy it serves. They belong to no decision, so each is a stream of its own. As with
// the facts about decisions, what was released is only added to.

/** How a bundle differs from another, by the names of its rules; at most a hundred of them are named. */
export interface RecordedChanges {
  /** The revision it was compared with. */
  from: string;
  /** One line for people. */
  summary: string;
  packages: {
    package: string;
    change: ChangeKind;
    rules: { rule: string; change: ChangeKind }[];
  }[];
  data_changed: boolean;
  code_changed: boolean;
}

export type ChangeKind = 'added' | 'removed' | 'changed';

/** Somebody gave a bundle to be kept. It serves nobody yet. */
export interface PolicyUploaded {
  type: 'policy.uploaded';
  revision: string;
  author: string;
  author_name: string;
  note?: string;
  /** In bytes. */
  size: number;
  areas: string[];
  /** base64url SHA-256 of the archive as it was uploaded. */
  archive_digest: string;
  changes: RecordedChanges;
}

/** Another bundle is to serve from now on, everywhere. */
export interface PolicyActivated {
  type: 'policy.activated';
  revision: string;
  previous: string;
  by: string;
  by_name: string;
  author: string;
  rollback: boolean;
  reason?: string;
  /** The decision that allowed it. */
  decision_id: string;
  archive_digest: string;
  /** From the previous one. */
  changes: RecordedChanges;
}

/** This instance began to answer with a bundle. */
export interface PolicyServing {
  type: 'policy.serving';
  revision: string;
  previous?: string;
  /** "default", "folder", "file", "url" or "database". */
  source: string;
  location: string;
}

/** A bundle was to serve and cannot; the one before goes on. */
export interface PolicyLoadFailed {
  type: 'policy.load_failed';
  location: string;
  revision?: string;
  code: string;
  message: string;
}

export type PolicyFact = PolicyUploaded | PolicyActivated | PolicyServing | PolicyLoadFailed;
export type PolicyFactType = PolicyFact['type'];
