// The few things of Node.js that `visit.js` uses.

declare const process: { argv: string[] };
