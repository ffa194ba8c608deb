import { create } from '@bufbuild/protobuf';
import { BundleSchema, ListBundlesResponseSchema, SERVICES } from '@countersign/contract';
import { bundleLine, bundleText } from '../../bundle-text.js';
import { EXIT } from '../../exit.js';
import { asJson } from '../../json.js';
import { revisionOf, storedBundles } from '../../stored-bundles.js';
import { say } from '../../terminal.js';
import { verb } from '../../verb.js';

const MOST = 20;

export const policyBundles = verb({
  name: 'policy bundles',
  summary: 'the policies the service has: serving, before, beside, kept',
  about:
    'Lists bundles, the serving one first and then the newest, with who brought them and what they changed. With a revision, or ' +
    'at least eight digits of one: that bundle, its rules that changed, and the decision that allowed it to serve.',
  usage: '[<revision>]',
  takes: { min: 0, max: 1 },
  options: { all: { type: 'boolean', help: `more than the newest ${MOST}` } },
  examples: ['countersign policy bundles', 'countersign policy bundles 1f3a9c04d2be'],
  exits: [0, 1, 2, 3],
  async run({ values, positionals: [text], client, terminal, now }) {
    if (text !== undefined) {
      const revision = await revisionOf(text, client());
      const bundle = await client().unary(SERVICES.PolicyService.method.getBundle, { revision });
      if (terminal.json) terminal.value(asJson(BundleSchema, bundle));
      else terminal.print(bundleText(bundle, now()));
      return EXIT.ok;
    }
    const { bundles, warning } = await storedBundles(client(), values.all ? Infinity : MOST);
    if (terminal.json) {
      terminal.value(asJson(ListBundlesResponseSchema, create(ListBundlesResponseSchema, { bundles, warning })));
      return EXIT.ok;
    }
    for (const bundle of bundles) terminal.print(bundleLine(bundle, now()));
    if (warning) terminal.warn(say`${warning}`.styled('yellow'));
    return EXIT.ok;
  },
});
