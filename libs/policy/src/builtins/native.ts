/** Builtins that a compiled module brings along, or that the compiler resolves: they never reach the host. */
export const NATIVE_BUILTINS: ReadonlySet<string> = new Set([
  ...['assign', 'eq', 'internal.print', 'print', 'rego.metadata.chain', 'rego.metadata.rule'],
  ...['abs', 'ceil', 'div', 'floor', 'minus', 'mul', 'plus', 'rem', 'round'],
  ...['equal', 'gt', 'gte', 'lt', 'lte', 'neq'],
  ...['all', 'any', 'count', 'max', 'min', 'product', 'sort', 'sum'],
  ...['bits.and', 'bits.lsh', 'bits.negate', 'bits.or', 'bits.rsh', 'bits.xor'],
  ...['array.concat', 'array.flatten', 'array.reverse', 'array.slice'],
  ...['and', 'intersection', 'or', 'set_diff', 'union', 'internal.member_2', 'internal.member_3'],
  ...['object.filter', 'object.get', 'object.keys', 'object.remove', 'object.union', 'object.union_n'],
  ...['json.filter', 'json.is_valid', 'json.marshal', 'json.remove', 'json.unmarshal', 'walk', 'graph.reachable'],
  ...['base64.decode', 'base64.encode', 'base64.is_valid', 'base64url.decode', 'base64url.encode'],
  ...['is_array', 'is_boolean', 'is_null', 'is_number', 'is_object', 'is_set', 'is_string', 'to_number', 'type_name'],
  ...['concat', 'contains', 'endswith', 'format_int', 'indexof', 'internal.template_string', 'lower', 'replace'],
  ...['split', 'startswith', 'strings.replace_n', 'strings.reverse', 'substring', 'upper'],
  ...['trim', 'trim_left', 'trim_prefix', 'trim_right', 'trim_space', 'trim_suffix'],
  ...['glob.match', 're_match', 'regex.find_all_string_submatch_n', 'regex.is_valid', 'regex.match'],
  ...['net.cidr_contains', 'net.cidr_intersects', 'net.cidr_overlap', 'numbers.range'],
]);
