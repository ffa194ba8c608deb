import type { Graft } from '../wasm/graft.js';

/**
 * The module's own builtins that give something else than OPA's evaluator, or are slower than ours: `regex.match` compiles its
 * pattern anew in every evaluation, `replace` of nothing never ends, `json.remove` of "" leaves its memory.
 */
export const GRAFTS: readonly Graft[] = [
  { builtin: 'base64.decode', target: 'opa_base64_decode' },
  { builtin: 'base64.is_valid', target: 'opa_base64_is_valid' },
  { builtin: 'base64url.decode', target: 'opa_base64_url_decode' },
  { builtin: 'concat', target: 'opa_strings_concat', only: { operand: 1, is: 'set' } },
  { builtin: 'format_int', target: 'opa_strings_format_int' },
  { builtin: 'glob.match', target: 'opa_glob_match' },
  { builtin: 'indexof', target: 'opa_strings_indexof', only: { operand: 1, is: 'empty text' } },
  { builtin: 'json.is_valid', target: 'opa_json_is_valid' },
  { builtin: 'json.marshal', target: 'opa_json_marshal' },
  { builtin: 'json.remove', target: 'builtin_json_remove' },
  { builtin: 'json.unmarshal', target: 'opa_json_unmarshal' },
  { builtin: 'net.cidr_contains', target: 'opa_cidr_contains' },
  { builtin: 'net.cidr_intersects', target: 'opa_cidr_intersects' },
  { builtin: 'object.union_n', target: 'builtin_object_union_n' },
  { builtin: 'regex.find_all_string_submatch_n', target: 'opa_regex_find_all_string_submatch' },
  { builtin: 'regex.is_valid', target: 'opa_regex_is_valid' },
  { builtin: 'regex.match', target: 'opa_regex_match' },
  { builtin: 'replace', target: 'opa_strings_replace', only: { operand: 1, is: 'empty text' } },
  { builtin: 'to_number', target: 'opa_to_number', only: { operand: 0, is: 'text' } },
];
