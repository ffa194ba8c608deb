import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { PolicyService } from '@countersign/contract';
import { MAX_MESSAGE_BYTES, type Policy } from '@countersign/policy';
import { rpcService, type Authenticate, type Endpoints } from '@countersign/service';
import { PolicyApi, type Caller } from './policy-api.js';

const POLICY_API = Symbol('policy api');

@Module({})
class DecisionModule {}

/** The wiring of the decision service: a policy, and the calls that reach it. */
export function decisionModule(parts: { policy: Policy }): DynamicModule {
  return {
    module: DecisionModule,
    providers: [{ provide: POLICY_API, useFactory: () => new PolicyApi(parts.policy) }],
    exports: [POLICY_API],
  };
}

/** What the started module serves. */
export function decisionEndpoints(app: INestApplication, authenticate: Authenticate<Caller>): Endpoints {
  const api = app.get<PolicyApi>(POLICY_API, { strict: false });
  const service = { ...rpcService(PolicyService, authenticate, api.handlers), messageLimit: MAX_MESSAGE_BYTES };
  return { services: [service], documents: {} };
}
