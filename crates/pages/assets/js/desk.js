// @ts-check
// What pages do when scripts run: everything here works without it, only less quickly.

// Fragments come from this server alone, and nothing is made into code.
(() => {
  const same = { createHTML: (/** @type {string} */ text) => text };
  const policy = window.trustedTypes ? window.trustedTypes.createPolicy("stockwell", same) : same;
  const refuse = function () { throw new Error("no page makes code of text"); };
  htmx.registerExtension("desk", {
    init: (/** @type {any} */ api) => api.initSecurity({ ...same, createHTML: policy.createHTML.bind(policy) }, refuse, refuse),
  });
})();

/** Whether keys belong to what is typed into. */
function isTyping(/** @type {EventTarget | null} */ target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// what was refused takes the focus
function focusRefusal() {
  const refusal = document.querySelector("[data-focus]");
  if (refusal instanceof HTMLElement) refusal.focus();
}

// a form is sent once
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => form.setAttribute("aria-busy", "true"), 150);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    form.removeAttribute("data-sent");
    form.removeAttribute("aria-busy");
  }
});

// a menu closes by Escape and by a click elsewhere
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) { menu.removeAttribute("open"); menu.querySelector("summary")?.focus(); }
  }
  if (event.key === "/" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const filter = document.querySelector("[data-filter]");
    if (filter instanceof HTMLElement) { event.preventDefault(); filter.focus(); }
  }
});

document.addEventListener("DOMContentLoaded", () => {
  focusRefusal();
  document.documentElement.dataset.ready = "yes";
});
