import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { Log } from '@countersign/service';
import type { Request, Response } from 'express';
import type { TeamsMessages } from './messages.js';
import type { TeamsVerifier } from './verify.js';

export const TEAMS = Symbol('teams');

/** Absent: the channel is off. */
export interface TeamsDoor {
  verifier: TeamsVerifier;
  messages: TeamsMessages;
  log: Log;
}

/** Deeper than any activity of Teams, and shallow enough for anything that walks it. */
const MAX_DEPTH = 32;

@Controller('teams')
export class TeamsController {
  constructor(@Inject(TEAMS) private readonly door: TeamsDoor | undefined) {}

  @Post('messages')
  async messages(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!this.door) return void response.status(404).end();
    const body: unknown = request.body;
    if (isDeeper(body, MAX_DEPTH)) return void response.status(400).end();
    const verified = await this.door.verifier.verify(request.headers.authorization, body);
    if ('status' in verified) {
      this.door.log.warn({ status: verified.status, because: verified.because }, 'teams call refused');
      return void response.status(verified.status).end();
    }
    const answer = await this.door.messages.handle(verified);
    if (answer) response.status(200).json(answer);
    else response.status(200).end();
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1));
}
