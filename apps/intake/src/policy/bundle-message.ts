import { create } from '@bufbuild/protobuf';
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { BundleChangesSchema, BundleSchema, type Bundle, type RecordedChanges } from '@countersign/contract';
import { bundleToWire, type BundleInfo } from '@countersign/policy';
import type { StoredBundle } from '@countersign/store';

/** What a bundle is here, besides being kept. */
export type Role = 'serving' | 'previous' | 'candidate' | '';

/** A bundle as people read about it: what is kept of it, and how it stands with what evaluates. */
export function bundleMessage(
  stored: StoredBundle | undefined,
  loaded: BundleInfo | undefined,
  role: Role,
  warning = '',
): Bundle {
  const from = loaded ? bundleToWire(loaded) : { source: 'database', location: 'database' };
  const message = create(BundleSchema, { ...from, active: role === 'serving', role, warning });
  if (!stored) return message;
  const changes = JSON.parse(stored.changes) as RecordedChanges;
  message.revision = stored.revision;
  message.author = stored.author;
  message.note = stored.note;
  message.areas = stored.areas;
  message.size = BigInt(stored.size);
  message.uploadedAt = timestamp(stored.created_at);
  message.changes = create(BundleChangesSchema, {
    from: changes.from,
    summary: changes.summary,
    dataChanged: changes.data_changed,
    codeChanged: changes.code_changed,
    packages: changes.packages,
  });
  if (stored.activated_at) message.activatedAt = timestamp(stored.activated_at);
  message.activatedBy = stored.activated_by ?? '';
  message.decisionId = stored.decision_id ?? '';
  return message;
}

function timestamp(at: string): Timestamp {
  return timestampFromDate(new Date(at));
}
