import {
  create,
  fromBinary,
  toBinary,
  type DescFile,
  type DescMessage,
  type DescService,
  type Message,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ApprovalService, file_countersign_v1_approval } from './gen/countersign/v1/approval_pb.js';
import { AuditService, file_countersign_v1_audit } from './gen/countersign/v1/audit_pb.js';
import { DecisionService, file_countersign_v1_decision } from './gen/countersign/v1/decision_pb.js';
import { GateService, file_countersign_v1_gate } from './gen/countersign/v1/gate_pb.js';
import { file_grpc_health_v1_health } from './gen/grpc/health/v1/health_pb.js';
import { file_google_rpc_error_details } from './gen/google/rpc/error_details_pb.js';
import { PeopleService, file_countersign_v1_people } from './gen/countersign/v1/people_pb.js';
import { PolicyService, file_countersign_v1_policy } from './gen/countersign/v1/policy_pb.js';

// The services in the form grpc-js and Nest take (a "package definition"), built from the generated descriptors, so that
// one codec serves gRPC, JSON and reflection.

/** A level of JSON in a Struct is three levels of messages, and JSON may have 64: how much is too much, intake says. */
export const READING = { recursionLimit: 256 } as const;

export const SERVICES = {
  ApprovalService,
  AuditService,
  DecisionService,
  GateService,
  PeopleService,
  PolicyService,
} as const;

export interface MethodDefinition {
  path: string;
  requestStream: boolean;
  responseStream: boolean;
  requestSerialize(message: object): Buffer;
  requestDeserialize(bytes: Buffer): Message;
  responseSerialize(message: object): Buffer;
  responseDeserialize(bytes: Buffer): Message;
  originalName: string;
}

export type ServiceDefinition = Record<string, MethodDefinition>;

/** One service's methods by name. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  const methods: ServiceDefinition = {};
  for (const method of service.methods) {
    methods[method.name] = {
      path: `/${service.typeName}/${method.name}`,
      requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
      responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
      requestSerialize: encoder(method.input),
      requestDeserialize: (bytes) => fromBinary(method.input, bytes, READING),
      responseSerialize: encoder(method.output),
      responseDeserialize: (bytes) => fromBinary(method.output, bytes, READING),
      originalName: method.localName,
    };
  }
  return methods;
}

/** All services by full name. */
export function packageDefinition(): Record<string, ServiceDefinition> {
  return Object.fromEntries(Object.values(SERVICES).map((service) => [service.typeName, serviceDefinition(service)]));
}

/** The proto files and all they import, serialised, in the shape @grpc/reflection reads. */
export function reflectionDefinition(): Record<string, unknown> {
  const files = new Map<string, Buffer>();
  const add = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
    file.dependencies.forEach(add);
  };
  [
    file_countersign_v1_decision,
    file_countersign_v1_approval,
    file_countersign_v1_gate,
    file_countersign_v1_people,
    file_countersign_v1_policy,
    file_countersign_v1_audit,
  ].forEach(add);
  [file_google_rpc_error_details, file_grpc_health_v1_health].forEach(add);
  const format = 'Protocol Buffer 3 DescriptorProto';
  return {
    ...packageDefinition(),
    'countersign.v1.Decision': { format, type: {}, fileDescriptorProtos: [...files.values()] },
  };
}

function encoder(schema: DescMessage) {
  return (message: object) =>
    Buffer.from(
      toBinary(
        schema,
        '$typeName' in message ? (message as Message) : create(schema, message as Record<string, unknown>),
      ),
    );
}
