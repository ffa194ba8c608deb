import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { TeamsConfig } from '../config.js';
import { SigningKeys } from './keys.js';
import { trustedServiceUrl } from './service-url.js';

const CHANNEL = 'msteams';
const SKEW_S = 300;

/** The members of an activity that decide whether it is heard. */
const Activity = z.looseObject({
  type: z.string(),
  channelId: z.literal(CHANNEL),
  serviceUrl: z.string(),
  conversation: z.looseObject({ id: z.string().min(1).max(512), tenantId: z.string().min(1) }),
  channelData: z.looseObject({ tenant: z.looseObject({ id: z.string().min(1) }) }),
});

export interface Verified {
  activity: z.infer<typeof Activity>;
  tenant: string;
  serviceUrl: string;
}

/** The status for the caller, and the reason for the log. */
export interface Rejected {
  status: 401 | 403;
  because: string;
}

/**
 * Bot Framework authentication, as its connector specification asks: the token is signed by a key endorsed for Teams, issued
 * by the Bot Framework for this bot, and names the service URL in the body. The token does not cover the rest of the body,
 * so a vote must be idempotent. Tokens of people, such as Entra sign-in tokens for the same app, have another issuer.
 */
export class TeamsVerifier {
  private readonly keys: SigningKeys;

  constructor(private readonly config: TeamsConfig) {
    this.keys = new SigningKeys(config.openIdMetadataUrl);
  }

  async verify(authorization: string | undefined, body: unknown): Promise<Verified | Rejected> {
    const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '') ?? [];
    if (!token) return { status: 401, because: 'no bearer token' };
    let endorsements: readonly string[] = [];
    let claims: { [claim: string]: unknown };
    try {
      const verified = await jwtVerify(
        token,
        async ({ kid }) => {
          const found = await this.keys.find(kid ?? '');
          if (!found) throw new errors.JWKSNoMatchingKey();
          endorsements = found.endorsements;
          return found.key;
        },
        {
          algorithms: ['RS256'],
          issuer: this.config.issuer,
          audience: this.config.appId,
          clockTolerance: SKEW_S,
          requiredClaims: ['exp'],
        },
      );
      claims = verified.payload;
    } catch (error) {
      return { status: 401, because: error instanceof Error ? error.message : String(error) };
    }
    return this.check(claims['serviceurl'], endorsements, body);
  }

  private check(claimed: unknown, endorsements: readonly string[], body: unknown): Verified | Rejected {
    if (!endorsements.includes(CHANNEL)) return forbidden('the key is not endorsed for Teams');
    const parsed = Activity.safeParse(body);
    if (!parsed.success) return forbidden('the activity is not a complete Teams activity');
    const activity = parsed.data;
    if (typeof claimed !== 'string' || claimed !== activity.serviceUrl)
      return forbidden('the token is for another service URL');
    const serviceUrl = trustedServiceUrl(claimed, this.config.serviceHosts);
    if (!serviceUrl) return forbidden('the service URL is not at an allowed host');
    const tenant = activity.conversation.tenantId;
    if (tenant !== activity.channelData.tenant.id) return forbidden('the activity names two tenants');
    if (this.config.tenants.length > 0 && !this.config.tenants.includes(tenant))
      return forbidden('the tenant is not allowed');
    return { activity, tenant, serviceUrl };
  }
}

function forbidden(because: string): Rejected {
  return { status: 403, because };
}
