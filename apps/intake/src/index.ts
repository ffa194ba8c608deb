// Intake: the front door. It owns decisions, approvals, votes and grants, and is the only writer of them.
export { intakeConfig, type IntakeConfig } from './config.js';
export { Intake, type IntakeParts } from './intake.js';
export { INTAKE, intakeModule } from './intake.module.js';
export { openPolicy } from './open.js';
export { policySupply, type PolicySupply } from './policy/supply.js';
