import type { Builtins } from '../wasm/host.js';
import { CRYPTO_BUILTINS } from './crypto.js';
import { ENCODING_BUILTINS } from './encoding.js';
import { GLOB_BUILTINS } from './glob.js';
import { PATH_BUILTINS } from './json-paths.js';
import { JWT_BUILTINS } from './jwt.js';
import { NATIVE_REPLACEMENTS } from './natives.js';
import { NET_BUILTINS } from './net.js';
import { NUMBER_BUILTINS } from './numbers.js';
import { OBJECT_BUILTINS } from './objects.js';
import { tolerant } from './operands.js';
import { PATCH_BUILTINS } from './patch.js';
import { REGEX_BUILTINS } from './regex.js';
import { SEMVER_BUILTINS } from './semver.js';
import { SPRINTF_BUILTINS } from './sprintf.js';
import { STRING_BUILTINS } from './strings.js';
import { TIME_BUILTINS } from './time.js';
import { URI_BUILTINS } from './uri.js';
import { UUID_BUILTINS } from './uuid.js';
import { YAML_BUILTINS } from './yaml.js';

/**
 * Every builtin of Rego that the compiled module leaves to its host, or that is grafted onto it, and that policies may call. Only pure ones: a decision
 * must be the same when it is replayed. Each gives what OPA's own evaluator gives, which the tests beside this ask it.
 */
export const BUILTINS: Builtins = tolerant({
  ...CRYPTO_BUILTINS,
  ...ENCODING_BUILTINS,
  ...GLOB_BUILTINS,
  ...JWT_BUILTINS,
  ...NATIVE_REPLACEMENTS,
  ...NET_BUILTINS,
  ...NUMBER_BUILTINS,
  ...OBJECT_BUILTINS,
  ...PATCH_BUILTINS,
  ...PATH_BUILTINS,
  ...REGEX_BUILTINS,
  ...SEMVER_BUILTINS,
  ...SPRINTF_BUILTINS,
  ...STRING_BUILTINS,
  ...TIME_BUILTINS,
  ...URI_BUILTINS,
  ...UUID_BUILTINS,
  ...YAML_BUILTINS,
});
