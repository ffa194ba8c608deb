// The shell around every service: settings, log, health, metrics, the gRPC server with its JSON twins, and how a thrown
// thing becomes an answer. It knows how to serve and nothing of what is served.
export { browserToken, isFromOwnPage, signInCookie, signInToken } from './browser-credential.js';
export { toStatusError } from './faults.js';
export { openLog, type Log } from './log.js';
export { runMain } from './main.js';
export { Metrics } from './metrics.js';
export type { Document } from './plain-routes.js';
export type { RawAnswer, RawRequest, RawRoute } from './raw-routes.js';
export { policyPlaces } from './policy-places.js';
export { Readiness, type Probe } from './readiness.js';
export {
  mergedServices,
  rpcService,
  type Authenticate,
  type Call,
  type Handlers,
  type Codec,
  type RpcService,
} from './rpc.js';
export { settingsReference } from './settings-reference.js';
export { parseSettings, type Settings } from './settings.js';
export { startService, type RunningService, type ServiceOptions, type Endpoints } from './start.js';
