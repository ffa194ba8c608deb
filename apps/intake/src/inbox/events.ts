import { toJson } from '@bufbuild/protobuf';
import { ApprovalViewSchema, type ApprovalView } from '@countersign/contract';

// Server-sent events (WHATWG HTML section 9.2). Each carries an approval as it was read from the database, so it does not
// matter which process serves them, and a browser that was away sees by its next list what it has missed.

const BEAT_MS = 15_000;

/** Approvals as they come, and a comment now and then, so that whoever is between knows that the stream lives. */
export async function* eventStream(views: AsyncGenerator<ApprovalView>, beatMs = BEAT_MS): AsyncGenerator<string> {
  yield ': approvals\n\n';
  let next = views.next();
  try {
    for (;;) {
      const came = await before(beatMs, next);
      if (came === undefined) {
        yield ': still here\n\n';
        continue;
      }
      if (came.done) return;
      yield eventText(came.value);
      next = views.next();
    }
  } catch {
    // The process stops or the database is away: the browser asks again, and is told then.
  } finally {
    next.catch(() => undefined);
    void views.return(undefined).catch(() => undefined);
  }
}

function eventText(view: ApprovalView): string {
  const json = toJson(ApprovalViewSchema, view, { useProtoFieldName: true, alwaysEmitImplicit: true });
  // JSON text has no line breaks of its own, so one line of data holds it.
  return `event: approval\nid: ${view.id}\ndata: ${JSON.stringify(json)}\n\n`;
}

/** What comes in time, or undefined. */
function before<T>(ms: number, coming: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    coming.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
