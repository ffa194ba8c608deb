// Loaded into a service before its own code: when the parent is gone, however it went, the pipe on standard input ends,
// and the service stops as if told to. Nothing is left behind by a kill -9 of the parent.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
process.stdin.unref?.();
