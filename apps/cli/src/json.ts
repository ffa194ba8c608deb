import { toJson, type DescMessage, type JsonValue, type MessageShape } from '@bufbuild/protobuf';

/** The proto3 JSON mapping with the protos' own names, as the HTTP twins speak it. `may_act: false` is said, not left out. */
export function asJson<S extends DescMessage>(schema: S, message: MessageShape<S>): JsonValue {
  return toJson(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });
}
