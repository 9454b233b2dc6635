/**
 * Surroundings for a pool of workers that do what a test says and nothing by themselves.
 */

/** A worker that reports what a test has it report. */
class FakeWorker {
  requests = [];
  alive = true;

  postMessage(request) {
    this.requests.push(request);
  }

  terminate() {
    this.alive = false;
  }

  report(nonces, position) {
    this.onmessage({ data: { kind: "searched", nonces, position } });
  }

  fail(reason) {
    this.onmessage({ data: { kind: "failed", reason } });
  }

  die() {
    this.onerror(new Event("error", { cancelable: true }));
  }

  get range() {
    return [this.requests[0].first, this.requests[0].end];
  }
}

/** All workers that were created, and those that still run. */
export class Workers {
  all = [];

  create = () => {
    const worker = new FakeWorker();
    this.all.push(worker);
    return worker;
  };

  get alive() {
    return this.all.filter((worker) => worker.alive);
  }
}
