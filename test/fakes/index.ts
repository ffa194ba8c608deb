// Slack and Teams as they are seen from outside: real HTTP servers with the vendors' limits and faults, and people in front
// of them who read and click. They know nothing of the product but the addresses it is given.
export { FakeSlack, type SlackMessage, type SlackPerson } from './slack.js';
export { readCard } from './adaptive-card.js';
export { FakeTeams, type Forgery, type TeamsMessage, type TeamsPerson } from './teams.js';
