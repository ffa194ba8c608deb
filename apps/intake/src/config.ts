import { join } from 'node:path';
import type { Limits } from '@countersign/approval';
import type { Settings } from '@countersign/service';
import { signInConfig, type SignInConfig } from './people/config.js';
import { scimConfig, type ScimConfig } from './scim/config.js';

export interface IntakeConfig {
  /** Issuer of grants. */
  issuer: string;
  /** Folder of the keys that sign grants. */
  grantKeys: string;
  /** Members of context that bind. */
  bindingContext: string[];
  queueLimit: number;
  limits: Limits;
  /** Requests a second of one credential; 0 is no limit. */
  ratePerAgent: number;
  /** Refused votes a minute of one person; 0 is no limit. */
  refusedVotes: number;
  serviceToken?: string;
  scim: ScimConfig;
  signIn: SignInConfig;
}

/** Intake's part of the settings. */
export function intakeConfig(settings: Settings, httpPort: number): IntakeConfig {
  return {
    issuer: settings.COUNTERSIGN_PUBLIC_URL ?? `http://127.0.0.1:${httpPort}`,
    grantKeys: settings.COUNTERSIGN_GRANT_KEYS ?? join(settings.COUNTERSIGN_DATA_DIR, 'keys'),
    bindingContext: settings.COUNTERSIGN_BINDING_CONTEXT,
    queueLimit: settings.COUNTERSIGN_QUEUE_LIMIT,
    limits: {
      cool_down_s: settings.COUNTERSIGN_COOL_DOWN,
      pending_per_agent: settings.COUNTERSIGN_PENDING_PER_AGENT,
      pending_per_approver: settings.COUNTERSIGN_PENDING_PER_APPROVER,
      asks_per_hour: settings.COUNTERSIGN_ASKS_PER_HOUR,
    },
    scim: scimConfig(settings, httpPort),
    signIn: signInConfig(settings, httpPort),
    ratePerAgent: settings.COUNTERSIGN_RATE_PER_AGENT,
    refusedVotes: settings.COUNTERSIGN_REFUSED_VOTES,
    ...(settings.COUNTERSIGN_SERVICE_TOKEN ? { serviceToken: settings.COUNTERSIGN_SERVICE_TOKEN } : {}),
  };
}
