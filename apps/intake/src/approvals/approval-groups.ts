import { create } from '@bufbuild/protobuf';
import type { AlikeGroup } from '@countersign/approval';
import { ApprovalGroupSchema, type ApprovalGroup } from '@countersign/contract';
import { at } from '../reply.js';

/** A group of approvals as it is told to people. */
export function groupMessage(group: AlikeGroup): ApprovalGroup {
  return create(ApprovalGroupSchema, {
    subject: group.subject,
    action: group.action,
    resourceType: group.resource_type,
    common: group.common,
    commonLeftOut: group.common_left_out,
    differ: group.differ,
    differLeftOut: group.differ_left_out,
    approvals: group.requests.map(({ id, action_digest, headline, risk, values, created_at, expires_at }) => ({
      id,
      actionDigest: action_digest,
      headline,
      risk,
      values,
      requestedAt: at(created_at),
      expiresAt: at(expires_at),
    })),
    approvalsLeftOut: group.requests_left_out,
  });
}
