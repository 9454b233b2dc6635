/**
 * The one script there is: in a document it is the challenge page or that of a busy site, in a worker it searches. So the
 * pages need nothing else, not even to start workers, and a browser loads it once.
 */

import { startBusyPage } from "./busy/busy.js";
import { startPage } from "./challenge/page.js";
import { prepareLook } from "./signals/signals.js";
import { startWorker } from "./solver/worker.js";

if (!self.document) startWorker();
else if (document.querySelector("main[data-retry-in-ms]")) startBusyPage();
else startPage(/** @type {HTMLScriptElement} */ (document.currentScript).src, prepareLook);
