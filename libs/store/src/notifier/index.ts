// What the notifier keeps: its fold of held decisions, and one row for every message in every conversation. It knows leases
// and versions, and nothing of any channel.
export { Deliveries, type Claimed, type MessageRef, type Rendered } from './deliveries.js';
export { Notices, type ClaimedNotice, type Notice } from './notices.js';
export { Requests, type Folded, type Note } from './requests.js';
