import { IntakeOrigin, readPolicyKeys, type PolicyHost } from '@countersign/policy';
import type { Settings } from '@countersign/service';

/**
 * Has the host serve what was activated, and try what is the candidate, where no setting says otherwise and intake is known.
 * Until intake answers, what was kept of it serves; where it never did, the policies shipped.
 */
export async function followIntake(host: PolicyHost, settings: Settings): Promise<void> {
  const { COUNTERSIGN_INTAKE_ADDRESS: address, COUNTERSIGN_SERVICE_TOKEN: token } = settings;
  const { COUNTERSIGN_POLICY_KEYS: keysPath } = settings;
  if (address === undefined || token === undefined) return;
  const keys = keysPath === undefined ? undefined : await readPolicyKeys(keysPath);
  if (settings.COUNTERSIGN_POLICIES === undefined) {
    // It says itself what is wrong, and is asked again.
    await host.follow(new IntakeOrigin({ address, token, keys })).catch(() => undefined);
  }
  if (settings.COUNTERSIGN_POLICY_SHADOW === undefined)
    await host.followCandidate(new IntakeOrigin({ address, token, keys, candidate: true }));
}
