// The notifier: held decisions on their way to people, and clicks on their way back. It guarantees that a message always
// ends up showing what is true, and that a click reaches intake as the person it came from. It counts nothing and decides
// nothing, and no outage of a channel changes an answer.
export { notifierConfig, type NotifierConfig, type SlackConfig, type TeamsConfig } from './config.js';
export { notifierModule } from './notifier.module.js';
export type { NotifierParts } from './notifier.js';
export { fromBeside, type BesideReader } from './beside.js';
export { toLinkRequest, type LinkCode, type Linking } from './linking.js';
export { isRefusalStatus, toRequest, type Answer, type Cast, type Voting } from './voting.js';
