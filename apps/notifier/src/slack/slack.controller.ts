import { Controller, Inject, Post, Req, Res, type RawBodyRequest } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { SlackCommands } from './commands.js';
import type { SlackInteractions } from './interactions.js';
import { isSigned } from './verify.js';

export const SLACK = Symbol('slack');

/** Absent parts: the channel is off. */
export interface SlackDoor {
  interactions: SlackInteractions;
  /** Absent: there is no way to bring a code to intake. */
  commands?: SlackCommands;
  signingSecrets: readonly string[];
}

@Controller('slack')
export class SlackController {
  constructor(@Inject(SLACK) private readonly door: SlackDoor | undefined) {}

  @Post('interactions')
  async interactions(@Req() request: RawBodyRequest<Request>, @Res() response: Response): Promise<void> {
    if (!this.door) return void response.status(404).end();
    const { headers, rawBody: body } = request;
    const signed = { body, timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] };
    if (!isSigned(signed, this.door.signingSecrets, Date.now())) return void response.status(401).end();
    const { status, body: answer } = await this.door.interactions.handle(
      new URLSearchParams(body!.toString('utf8')).get('payload'),
    );
    if (answer) response.status(status).json(answer);
    else response.status(status).end();
  }

  @Post('commands')
  async commands(@Req() request: RawBodyRequest<Request>, @Res() response: Response): Promise<void> {
    if (!this.door?.commands) return void response.status(404).end();
    const { headers, rawBody: body } = request;
    const signed = { body, timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] };
    if (!isSigned(signed, this.door.signingSecrets, Date.now())) return void response.status(401).end();
    const { status, body: answer } = await this.door.commands.handle(new URLSearchParams(body!.toString('utf8')));
    if (answer) response.status(status).json(answer);
    else response.status(status).end();
  }
}
