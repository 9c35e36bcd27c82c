// A form that was not taken is open again, with what was typed.
"use strict";
document.querySelectorAll("dialog[data-open-at-once]").forEach((dialog) => dialog.showModal());
