import { SERVICES, type Bundle, type ListBundlesResponse } from '@countersign/contract';
import type { Client } from './client.js';
import { UsageError } from './exit.js';

const PAGE = 200;
/** Fewer digits would be found by whoever tries, and would name another bundle one day. */
const LEAST_DIGITS = 8;

/** Bundles as the service lists them, at most so many, with its warning. */
export async function storedBundles(
  client: Client,
  most = Infinity,
): Promise<Pick<ListBundlesResponse, 'bundles' | 'warning'>> {
  const { listBundles } = SERVICES.PolicyService.method;
  const bundles: Bundle[] = [];
  let [token, warning] = ['', ''];
  do {
    const page = await client.unary(listBundles, { pageSize: Math.min(PAGE, most), pageToken: token });
    bundles.push(...page.bundles);
    if (token === '') warning = page.warning;
    token = page.nextPageToken;
  } while (token !== '' && bundles.length < most);
  return { bundles, warning };
}

/** The whole revision that somebody began to write. The service takes whole ones only. */
export async function revisionOf(text: string, client: Client): Promise<string> {
  const digits = text.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(digits))
    throw new UsageError(
      `"${text}" is not a revision: write "sha256:" and its digits, as in countersign policy bundles`,
    );
  if (digits.length === 64) return `sha256:${digits}`;
  if (digits.length < LEAST_DIGITS)
    throw new UsageError(`"${text}" is too little of a revision: write at least ${LEAST_DIGITS} digits of it`);
  const found = (await storedBundles(client)).bundles.filter(({ revision }) => revision.startsWith(`sha256:${digits}`));
  if (found.length === 1) return found[0]!.revision;
  throw new UsageError(
    found.length === 0
      ? `there is no bundle whose revision begins with ${digits}: see countersign policy bundles`
      : `${found.length} bundles have a revision that begins with ${digits}: write more of it`,
  );
}
