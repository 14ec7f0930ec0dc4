"use strict";
// What report.py wrote into the page. All of it is shown as text: no part of this report turns a
// string into markup, and the page's policy would not run what is not in its own scripts.
const DATA = JSON.parse(document.getElementById("data").textContent);
