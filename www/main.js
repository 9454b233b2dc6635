/**
 * The one script there is: in a document it is the challenge page, in a worker it searches. So the page needs nothing else
 * to start its workers, and a browser loads it once.
 */

import { startPage } from "./page.js";
import { startWorker } from "./worker.js";

if (self.document) startPage(/** @type {HTMLScriptElement} */ (document.currentScript).src);
else startWorker();
